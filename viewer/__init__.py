"""CTO Viewer: planning of chronic total occlusion PCI from coronary CT angiography."""

__version__ = "0.1.0"
