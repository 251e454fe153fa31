"""The built-in demonstration case, generated, with its truth."""

from viewer.demo.case import DemoCase, demo_case, generate, true_of, truth_json, write_demo_dicom
from viewer.demo.spec import COARSE, DemoSpec, OcclusionSpec
from viewer.demo.truth import DemoTruth, TrueLesion, TrueVessel

__all__ = [
    "COARSE",
    "DemoCase",
    "DemoSpec",
    "DemoTruth",
    "OcclusionSpec",
    "TrueLesion",
    "TrueVessel",
    "demo_case",
    "generate",
    "true_of",
    "truth_json",
    "write_demo_dicom",
]
