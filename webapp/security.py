"""What every answer carries and every request must satisfy: content policy, same origin, no caching.

Invariant: a state-changing request from another site is refused before any view runs, so pages need
no token and are identical for everyone (design D7).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def init_app(app: Flask) -> None:
    """Refuse cross-site writes and set the headers of every answer."""
    app.before_request(_refuse_cross_site)
    app.after_request(_set_headers)


def _refuse_cross_site() -> None:
    """Refuse a write that another site started, by Sec-Fetch-Site, else by Origin."""
    if request.method in SAFE_METHODS or request.headers.get("Authorization"):
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site not in ("same-origin", "none"):
            abort(403)
        return
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        abort(403)


def _set_headers(response: Response) -> Response:
    headers = response.headers
    if request.path == "/sync/exchange":  # data for a worker that never shows it: every byte is paid for
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cache-Control", "no-store")
        headers.pop("Vary", None)  # nobody stores it
        return response
    headers.setdefault("Content-Security-Policy", CONTENT_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=(self)")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if not request.path.startswith("/static/"):
        headers.setdefault("Cache-Control", "no-store")
        headers.add("Vary", "HX-Request, HX-History-Restore-Request")
    return response
