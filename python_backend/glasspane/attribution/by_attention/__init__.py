"""Where the model looks: attention as a method, and views of heads, rollout and residual stream."""
