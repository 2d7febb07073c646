"""The answers of /classify, /explain, /timeline, and their Gradio endpoints."""
