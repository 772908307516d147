"""Names, doors, phones and notes of an invented county: a function of the generator they are given. Pure."""

from __future__ import annotations

from random import Random
from typing import Any

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林郑谢罗梁宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏"
    "魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵"
    "万钱严覃武戴莫孔向汤"
)
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文德福寿春生秋月冬雪夏荷子轩"
    "雨欣浩宇思涵一诺梓萱俊辉佳怡淑珍海燕小龙凤莲金花银柱有才满仓长河大山"
)
PLACES = (
    "广东省东莞市长安镇",
    "浙江省义乌市北苑街道",
    "江苏省昆山市玉山镇",
    "福建省晋江市陈埭镇",
    "上海市松江区",
)
TRADES = ("电子厂", "服装厂", "家具厂", "鞋厂", "工地", "快递站")
LIVING = ("一般", "良好", "较困难", "低保", "独居")
NOTES = (
    "家里都好，煤够用，门口的雪扫过了。",
    "说膝盖疼，已经约了村医{d}号来看。",
    "孩子作业写完了，想跟爸妈视频，晚上七点帮忙连上。",
    "米和油还够{d}天，下次带点菜来。",
    "{n}不在家，邻居说去赶集了，下午再来。",
    "血压药还剩{d}片，提醒按时吃。",
    "屋顶漏雨的地方修好了，电线也看过。",
    "心情不错，聊了半个小时，说{n}年前要回来。",
)
DIGITS = "零一二三四五六七八九十"


def write_name(rng: Random) -> str:
    """A name of two or three characters."""
    given = "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2, 2))))
    return rng.choice(SURNAMES) + given


def write_phone(rng: Random) -> str:
    """A mobile number."""
    return f"1{rng.choice('35789')}{rng.randint(0, 999_999_999):09}"


def write_note(rng: Random, name: str) -> str:
    """What a volunteer writes, one or two sentences."""
    return "".join(
        note.format(n=name, d=rng.randint(2, 28)) for note in rng.sample(NOTES, rng.choice((1, 2)))
    )


def write_workplace(rng: Random) -> str:
    """Where parents work."""
    return rng.choice(PLACES) + rng.choice(TRADES)


def ordinal(number: int) -> str:
    """A number up to 99 in Chinese: "十二"."""
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return head + (DIGITS[ones] if ones or not tens else "")


def visit_body(rng: Random, name: str) -> dict[str, Any]:
    """A visit: nearly always all is well."""
    body: dict[str, Any] = {"how": rng.choices(("well", "watch", "urgent"), (930, 65, 5))[0]}
    if rng.random() < 0.6:
        body |= {"met": ["self"], "note": write_note(rng, name)}
    return body


def check_body(rng: Random) -> dict[str, Any]:
    """A health check."""
    high = rng.randint(104, 158)
    body = {"systolic": high, "diastolic": high - rng.randint(34, 46), "pulse": rng.randint(58, 96)}
    return body | {"temperature": f"{rng.randint(361, 371) / 10}"}


def talk_body(rng: Random, name: str) -> dict[str, Any]:
    """A counselling session."""
    body: dict[str, Any] = {"topic": [rng.choice(("missing_parents", "school", "friends", "loneliness"))]}
    body |= {"how": "face_to_face", "minutes": rng.randint(2, 9) * 5, "mood": str(rng.randint(2, 5))}
    return body | {"risk": "none", "note": write_note(rng, name)}
