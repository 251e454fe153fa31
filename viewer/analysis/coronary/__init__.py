"""From a volume to the coronary tree, through the occlusion."""
