"""Who works in the demo village, and whom to call there. All invented."""

from __future__ import annotations

from dataclasses import dataclass

VILLAGE = "青禾村"
PASSWORD = "qiaomen-demo"  # noqa: S105  # a demo's, printed on the screen and served on loopback only

STATION = {
    "station_name": "青禾村关爱服务站",
    "station_address": "青禾村村委会一楼",
    "clinic_name": "青禾村卫生室",
    "clinic_phone": "0371-66001201",
    "police_name": "柳林镇派出所",
    "police_phone": "0371-66001100",
}


@dataclass(frozen=True)
class Worker:
    """One account of the demo: ``grids`` are names of grids, empty for the whole village."""

    login: str
    name: str
    role: str
    phone: str
    grids: tuple[str, ...] = ()


WORKERS = (
    Worker("asha", "阿莎", "volunteer", "13800138000", ("青禾村一组", "青禾村二组")),
    Worker("ben", "本", "volunteer", "13800138001", ("青禾村一组",)),
    Worker("li", "李干事", "cadre", "13800138002", ("青禾村一组", "青禾村二组")),
    Worker("zhao", "赵干事", "cadre", "13800138003", ("青禾村三组", "青禾村四组")),
    Worker("zhou", "周医生", "clinician", "13800138004"),
    Worker("lin", "林老师", "counsellor", "13800138005"),
    Worker("chen", "陈姐", "supervisor", "13800138006"),
    Worker("wang", "王支书", "station_head", "13800138007"),
    Worker("admin", "管理员", "operator", "13800138008"),
)

RESPONSIBLE = {
    "青禾村一组": "li",
    "青禾村二组": "li",
    "青禾村三组": "zhao",
    "青禾村四组": "zhao",
}
