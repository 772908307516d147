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

# (where, role, name, phone): posts held without an account of ours; "" is the village itself.
POSTS = (
    ("", "grid_head", "王支书", "13800138007"),
    ("", "station_head", "王支书", "13800138007"),
    ("", "clinician", "周医生", "13800138004"),
    ("", "counsellor", "林老师", "13800138005"),
    ("", "teacher", "孙老师", "13800138010"),
    ("", "police", "吴警官", "13800138011"),
    ("青禾村一组", "grid_head", "李干事", "13800138002"),
    ("青禾村二组", "grid_head", "李干事", "13800138002"),
    ("青禾村三组", "grid_head", "赵干事", "13800138003"),
    ("青禾村四组", "grid_head", "赵干事", "13800138003"),
)
SINCE = "2025-03-01"
STATION_OPEN = {
    "name": "青禾村关爱服务站",
    "address": "青禾村村委会一楼",
    "phone": "0371-66001202",
    "head": "王支书",
}
ROOMS = (
    {"name": "儿童活动室", "for": "child", "address": "村委会一楼东"}
    | {"hours": ["1-5 16:00-18:30", "6-7 09:00-17:00"]},
    {"name": "妇女活动室", "for": "woman", "address": "村委会一楼西", "hours": ["1-7 19:00-21:00"]},
    {"name": "老人活动室", "for": "elder", "address": "老人活动中心"}
    | {"hours": ["1-7 08:00-11:30", "1-7 14:00-17:30"]},
)

RESPONSIBLE = {
    "青禾村一组": "li",
    "青禾村二组": "li",
    "青禾村三组": "zhao",
    "青禾村四组": "zhao",
}
