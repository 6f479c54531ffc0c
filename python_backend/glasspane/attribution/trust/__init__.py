"""How far scores say what the model does: figures of faithfulness beside random rankings."""
