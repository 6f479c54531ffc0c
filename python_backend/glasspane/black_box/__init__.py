"""Attribution by asking alone: versions of a prompt with pieces missing, and what becomes of the answer."""
