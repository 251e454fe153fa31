"""The occlusion: caps, length, ambiguity, bends, branches."""
