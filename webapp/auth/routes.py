"""Signing in and out, handing a phone over, choosing a language."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext as _

from sync.parcel import public_part
from sync.scope import load_caller
from webapp.auth import access, devices, throttle
from webapp.auth.accounts import check_password
from webapp.extensions import LANGUAGES, store_of
from webapp.ledger.commands import now_ms

blueprint = Blueprint("auth", __name__, url_prefix="/auth")
Answer = Any


@blueprint.get("/sign-in")
def show_sign_in() -> Answer:
    """The sign-in page."""
    if access.is_signed_in():
        return redirect(access.safe_next(request.args.get("next")) or access.home_of(access.current_caller()))
    return _sign_in_page("", "")


@blueprint.post("/sign-in")
def sign_in() -> Answer:
    """Sign in with account and password: one constant message for whatever is wrong."""
    login = request.form.get("login", "").strip()[:80]
    password = request.form.get("password", "")[:200]
    address, now = request.remote_addr or "", now_ms()
    store = store_of(current_app)
    with store.write() as tx:
        wait = throttle.seconds_to_wait(tx, login, address, now)
        account_id = None if wait else check_password(tx, login, password)
        if account_id is None and not wait:
            throttle.note_failure(tx, login, address, now)
        elif account_id:
            throttle.forget_failures(tx, login, address)
    if wait:
        return _sign_in_page(login, _("试的次数太多了，请等 %(n)s 秒再试。", n=wait)), 429
    if account_id is None:
        return _sign_in_page(login, _("账号或密码不对，请再看一看。")), 401
    signed_in = access.start_session(account_id)
    return redirect(access.safe_next(request.form.get("next")) or access.home_of(signed_in.caller))


@blueprint.post("/sign-out")
def sign_out() -> Answer:
    """Sign out of this browser."""
    access.end_session()
    return redirect(url_for("auth.show_sign_in"))


@blueprint.post("/language")
def choose_language() -> Answer:
    """Keep the chosen language in a cookie that scripts may read too."""
    chosen = request.form.get("language", "")
    response = redirect(access.safe_next(request.form.get("next")) or url_for("auth.show_sign_in"))
    if chosen in LANGUAGES:
        response.set_cookie("language", chosen, max_age=400 * 86400, samesite="Lax")
    return response


@blueprint.post("/devices")
@access.sign_in_required
def add_device() -> Answer:
    """Enrol this browser as a phone: ``{"token", "device", "me": {"id", "name", "role"}, "file_key"}``."""
    caller = access.current_caller()
    if not caller.areas:
        body = {
            "error": {"code": "no_areas", "message": _("这个账号还没有分到网格，请找督导员。"), "action": ""}
        }
        return jsonify(body), 403
    store = store_of(current_app)
    with store.write() as tx:
        device = devices.add_device(tx, caller.account, _browser_name())
        file_key = public_part(store.file_key(tx))
    me = {"id": caller.account, "name": caller.name, "role": caller.role}
    token = devices.renew_token(caller.account, device)
    return jsonify(token=token, device=device, me=me, file_key=file_key)


@blueprint.get("/enrol/<token>")
def show_enrolment(token: str) -> Answer:
    """Say whose phone this will be, and ask."""
    account_id = devices.read_enrolment(store_of(current_app), token)
    if account_id is None:
        return render_template("auth/enrol_over.html"), 410
    with store_of(current_app).read() as tx:
        caller = load_caller(tx, account_id, None, now_ms())
    if caller is None:
        abort(404)
    return render_template("auth/enrol.html", name=caller.name, token=token)


@blueprint.post("/enrol/<token>")
def enrol(token: str) -> Answer:
    """Use the link up: sign in as its account and go on to install."""
    account_id = devices.use_enrolment(store_of(current_app), token)
    if account_id is None:
        return render_template("auth/enrol_over.html"), 410
    access.start_session(account_id)
    return redirect(url_for("field.show_welcome"))


def _sign_in_page(login: str, error: str) -> str:
    target = access.safe_next(request.values.get("next")) or ""
    return render_template("auth/sign_in.html", login=login, error=error, next=target, languages=LANGUAGES)


def _browser_name() -> str:
    """What kind of phone, for the list of phones: the platform part of its own description."""
    agent = request.headers.get("User-Agent", "")
    platform = agent.partition("(")[2].partition(")")[0]
    return platform or "浏览器"


def register_home(app: Any) -> None:
    """``/`` leads to where this person works."""

    @app.get("/")  # type: ignore[untyped-decorator]  # Flask's, through Any
    def show_home() -> Response:
        if not access.is_signed_in():
            return redirect(url_for("auth.show_sign_in"))  # type: ignore[return-value]  # werkzeug's Response
        return redirect(access.home_of(access.current_caller()))  # type: ignore[return-value]  # as above
