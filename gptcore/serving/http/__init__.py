"""A server that speaks OpenAI's HTTP API: the engine in one thread, requests in an event loop.

`app.py` has the routes. Needs starlette, and uvicorn to run it.
"""
