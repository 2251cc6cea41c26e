"""SQL of runs and of the prediction sets that they leave."""
