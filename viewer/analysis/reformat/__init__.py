"""Frames along a vessel, reformations, cross-sections, planes and slabs."""
