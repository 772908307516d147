"""Rendering a desk page: whole, or the part that htmx asked for, always with the nav and its counts."""

from __future__ import annotations

from typing import Any

from flask import current_app, render_template, url_for
from flask_babel import gettext as _

from webapp.auth.access import current_caller, desk_areas, desk_places
from webapp.desk.queue import count_waiting
from webapp.extensions import store_of, wants_partial
from webapp.ledger.needs import NeedFilters, count_needs


def render_desk(template: str, active: str, **context: Any) -> str:
    """Render ``template`` (blocks title and main) with ``active`` marked in the nav."""
    caller = current_caller()
    with store_of(current_app).read() as tx:
        counts = count_waiting(tx, desk_places(caller))
        urgent = count_needs(tx, desk_areas(caller), NeedFilters(urgency="urgent"))
    nav = [
        ("decide", _("要你定夺"), url_for("desk.show_queue"), counts["decide"]),
        ("queue", _("全部记录"), url_for("desk.show_logs"), counts["pending"]),
        ("due", _("今天要去看的人"), url_for("desk.show_due"), 0),
        ("pairings", _("结对帮扶"), url_for("desk.show_pairings"), 0),
        ("needs", _("需求"), url_for("desk.show_needs"), urgent),
        ("sessions", _("义诊与健康"), url_for("desk.show_sessions"), 0),
        ("people", _("人员与住户"), url_for("desk.show_people"), 0),
        ("counts", _("数一数"), url_for("desk.show_counts"), 0),
        ("grid", _("网格"), url_for("desk.show_grid"), 0),
        ("roster", _("导入台账"), url_for("ledger.show_roster"), 0),
        ("cards", _("联系卡"), url_for("cards.show_cards"), 0),
        ("phones", _("手机与志愿者"), url_for("desk.show_phones"), 0),
        ("conflicts", _("两种说法"), url_for("desk.show_conflicts"), counts["conflicts"]),
        ("twins", _("登记了两次的"), url_for("desk.show_twins"), counts["twins"]),
        ("quarantine", _("先放着的"), url_for("desk.show_quarantine"), counts["held"]),
    ]
    layout = "desk/_partial.html" if wants_partial() else "desk/_page.html"
    return render_template(template, layout=layout, nav=nav, active=active, me=caller, **context)
