"""A person's help plan where there is no worker (else static/worker/plans.js answers): shown, a step done."""

from __future__ import annotations

from typing import Any

from flask import request

from webapp.auth.access import sign_in_required
from webapp.care.dates import local_date
from webapp.field.edits import save_edit
from webapp.field.rendering import t
from webapp.field.routes import answer_page, blueprint, not_found, read_book
from webapp.field.view_models.plan import finish_step, plan_view
from webapp.forms.engine import plain
from webapp.ledger.commands import now_ms, set_fields

Answer = Any
LONGEST = 500


@blueprint.get("/people/<person>/plan")
@sign_in_required
def show_plan(person: str) -> Answer:
    """A person's plans."""
    book = read_book()
    view = plan_view(book, person, request.args.get("saved", ""), now_ms(), t)
    return answer_page("field/plan.html", "households", view, book)


@blueprint.post("/people/<person>/plan/<step>")
@sign_in_required
def finish(person: str, step: str) -> Answer:
    """这一步做完了."""
    row = next((row for row in read_book()["plan_steps"] if row["id"] == step), None)
    if row is None or row["fields"].get("person") != person:
        return not_found()
    effect = plain(request.form.get("effect", ""))[:LONGEST]
    made = finish_step(row, effect, local_date(now_ms()))
    change = set_fields("plan_step", row["area"], step, made["body"], made["base"])
    return save_edit(change | {"person": person}, f"/field/people/{person}/plan?saved=server")
