# A first look at Glasspane
#
# Right-click inside a prompt below and choose
# "Explain This Prompt", or press Alt+Shift+G.
# Orange pushes for the answer; blue, with a
# dashed underline, pushes against it.

# Why this answer? In the pane, click another
# likely token to ask why it; shift-click a second
# one to ask why one rather than the other.
prompt = "The capital of France is"

# A name in braces: its value is asked for here,
# and comes from the kernel in a notebook.
country = "Japan"
question = f"The capital of {country} is"

# What does a negation do?
review = (
    "Review: The film was not terrible at all. "
    "Sentiment:"
)
