# The command `dataudit` in a small image: built once, run by a user without rights, with nothing fetched at run time.
FROM python:3.13-slim AS build
ARG EXTRAS=""
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY auditor ./auditor
COPY dataudit ./dataudit
RUN python -m venv /opt/dataudit && /opt/dataudit/bin/pip install --no-cache-dir --quiet --disable-pip-version-check ".${EXTRAS}"

FROM python:3.13-slim
COPY --from=build /opt/dataudit /opt/dataudit
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin dataudit
ENV PATH="/opt/dataudit/bin:$PATH" PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp
USER 10001
WORKDIR /data
ENTRYPOINT ["dataudit"]
CMD ["--help"]
