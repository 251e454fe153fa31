"""What a colleague reads next week: findings, sheet, DICOM objects."""
