"""The exchange's address: bearer token and body in, one answer out. The steps are sync/exchange.py's.

Invariant: an error has one shape, ``{"error": {"code", "message", "action"}}``, with a stable code.
"""

from __future__ import annotations

import json

from flask import Blueprint, Response, current_app, request
from flask_babel import gettext as _
from werkzeug.exceptions import RequestEntityTooLarge

from sync.errors import ProblemError
from sync.exchange import Session, exchange
from sync.lean import leave_out
from sync.wire import decode_body, encode_body
from webapp.auth.devices import is_token_fresh, read_token, renew_token
from webapp.extensions import store_of
from webapp.ledger.commands import now_ms

blueprint = Blueprint("exchange", __name__)


@blueprint.post("/sync/exchange")
def post_exchange() -> Response:
    """Take what a phone has to say, answer with statuses and a page of news."""
    try:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        account, device = read_token(token)
        body = decode_body(request.get_data(cache=False), request.headers.get("Content-Encoding"))
        secret = current_app.config["SECRET_KEY"].encode()
        session = Session(account, device, secret, renew_token)
        answer = exchange(store_of(current_app), session, body, now_ms())
        if body.get("lean") in (1, 2):
            epoch = body.get("epoch") if body["lean"] == 2 else None
            answer = leave_out(answer, token_serves=is_token_fresh(token), epoch=epoch)
    except RequestEntityTooLarge:
        return answer_problem(ProblemError("body_too_large"))
    except ProblemError as error:
        return answer_problem(error)
    data, coding = encode_body(answer, request.headers.get("Accept-Encoding", ""))
    response = Response(data, mimetype="application/json")
    if coding:
        response.headers["Content-Encoding"] = coding
    return response


def answer_problem(error: ProblemError) -> Response:
    """The one shape of an error on the wire."""
    problem = error.problem
    current_app.logger.info("exchange refused: %s", error)
    words = {"code": problem.code, "message": _(problem.what), "action": _(problem.action)}
    body = json.dumps({"error": words}, ensure_ascii=False)
    response = Response(body, status=problem.http, mimetype="application/json")
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    return response
