"""Lumen, outer wall, calcium and composition at every station."""
