"""The HTTP door: routes and OpenAPI derived from the use cases; it parses, calls and renders."""
