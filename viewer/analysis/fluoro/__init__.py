"""C-arm geometry, projections, foreshortening, views."""
