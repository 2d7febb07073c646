# syntax=docker/dockerfile:1
# AST Explorer with its bundled models: works offline, on CUDA where there is a GPU.
#
#   docker build -t ast-explorer .
#   docker run --rm -p 7860:7860 --read-only --tmpfs /tmp ast-explorer
#   docker run --rm -p 7860:7860 --read-only --tmpfs /tmp --gpus all ast-explorer
#
# Models chosen from the Hub are kept in /tmp/huggingface; a volume there keeps them for the next
# start. The wheels of torch bring CUDA; to leave it out, name an index of CPU wheels with
# --build-arg PIP_EXTRA_INDEX_URL=...

FROM python:3.12-slim AS packages
ARG PIP_EXTRA_INDEX_URL=
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /venv
COPY requirements.txt /requirements.txt
RUN /venv/bin/pip install -r /requirements.txt

FROM python:3.12-slim
# The user of Spaces has this number too.
RUN useradd --create-home --uid 1000 user
COPY --from=packages /venv /venv
WORKDIR /app
COPY . .
RUN /venv/bin/python -m compileall -q ast_demo app.py
# Everything written goes below /tmp, so that the rest of the file system may be read-only. Many
# threads share two arenas, which keeps freed memory from piling up in each one's own.
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    GRADIO_SERVER_NAME=0.0.0.0 \
    GRADIO_SERVER_PORT=7860 \
    GRADIO_TEMP_DIR=/tmp/gradio \
    HF_HOME=/tmp/huggingface \
    MPLCONFIGDIR=/tmp/matplotlib
USER 1000
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=90s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz', timeout=4)"]
ENTRYPOINT ["python", "app.py"]
