"""Results as people read them without a front end: terminal, static HTML, SVG."""
