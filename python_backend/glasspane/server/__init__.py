"""The Jupyter-server side: jobs, their kernels and the HTTP handlers. Never imports torch."""
