"""The HTTP edge: application, stages, errors, OpenAPI, paging, ETags, health."""
