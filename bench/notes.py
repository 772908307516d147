"""What volunteers write: notes put together from many sentences, names, numbers and places. Invented.

Invariant: a function of the generator it is given, and nothing that compresses to almost nothing: a village's
notes use some 300 different openings and endings, with numbers and names of their own in most of them.
"""

from __future__ import annotations

from random import Random

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
)
GIVEN = (
    "桂兰 秀英 玉梅 春花 淑珍 凤霞 翠萍 素琴 月娥 金凤 建国 志强 国庆 长顺 德胜 福来 满仓 有田 根生 水生 "
    "小明 子涵 梓萱 雨桐 浩然 思琪 佳怡 俊杰 欣妍 天佑 晓燕 丽娟 红梅 海燕 爱华 秋菊 冬梅 巧云 明辉 立新 "
    "守义 兴旺 保田 喜凤 银环 香莲 改枝 麦花 石头 来福"
).split()
TOWNS = "东莞 深圳 苏州 昆山 宁波 义乌 郑州 杭州 佛山 厦门 天津 青岛 合肥 武汉 上海 温州 泉州 中山".split()
RELATIVES = "儿子 女儿 儿媳 大女儿 小儿子 孙子 外孙女 弟弟 侄子 妹妹 邻居 老伴".split()
PLACES = "堂屋 院子 灶房 东屋 西屋 菜地 村口小卖部 村卫生室 打麦场 水井边 大槐树下 二楼".split()
GOODS = (
    "面粉 大米 食用油 棉被 蜂窝煤 白菜 萝卜 鸡蛋 牛奶 钙片 降压药 膏药 书包 作业本 棉鞋 护膝 洗衣粉".split()
)
WEATHER = "下雨 刮风 下雪 降温 起雾 大太阳 阴天 下过霜 路上结冰".split()
FOODS = "面条 稀饭 馒头和炒白菜 红薯粥 剩菜 饺子 鸡蛋羹 米饭和豆腐 炖土豆".split()
OPENINGS = """{w}，去的时候{n}正在{p}|到家时{n}不在，在{p}等了{d}分钟|{n}开的门，精神比上次好|先给{r}打了电话，说{d}点以后在家
门锁着，隔壁{n}说去{t}看病了|{n}刚从{p}回来，手里提着{g}|敲了{d}下门才听见，耳朵越来越背|在{p}碰见{n}，一起走回家
{r}在家陪着，说上周刚从{t}回来|正赶上吃饭，桌上是{f}|狗拴着，{n}让进{p}坐|{n}说这几天{w}，没怎么出门|约好{d}点，准时到的
炉子刚生上，屋里{d}度左右|{n}在{p}晒{g}，晒了{d}斤|电视开着，{n}坐在{p}打盹|去之前村医说{n}昨天来量过血压|{n}拉着手说了{d}分钟的话""".replace(
    "\n", "|"
).split("|")
MIDDLES = """{r}在{t}打工，{d}天没来电话|说膝盖疼，走到{p}要歇{k}次|晚上起夜{k}次，睡得不踏实|{g}还剩{d}斤，够吃到下月
上个月{r}寄了{m}元，给存在信用社|电费{k}个月没交，一共{m}元|水管冻了，{n}帮着接的水|煤还有{d}块，烧到月底没问题
灯泡坏了，当场换了{k}个|药只剩{k}天的量，让{r}从{t}寄|想把{p}的漏雨补一补，估计要{m}元|孩子这次数学考了{s}分，语文{s}分
老师说上课走神，作业{k}次没交|跟{n}家孩子闹了别扭，已经和好|想爸妈，视频了{d}分钟才肯睡|低保这月到账{m}元，自己去取的
养老金认证还没做，下次带手机来|{r}过年要回来，票还没买到|胃口还行，一顿能吃{k}碗{f}|前天在{p}滑了一跤，没伤着骨头
血压本上记了{d}次，高的时候{b}|{g}是{n}送的，说不用还|地里{k}亩麦子托给{n}种了|鸡还有{d}只，一天捡{k}个蛋
手机欠费停机，帮着充了{k}0元|门口台阶松了，拿砖垫稳|邻居{n}每天过来看一眼|想去{t}找{r}，劝住了|新换的老花镜{m}元，看得清了
煤气罐放在{p}，跟他说了要开窗|插线板老化，已拔掉{k}个|学校免费午餐吃得惯，说{f}最好吃|{r}每周{k}来电话，这周还没打
冬天的棉衣{k}件，够穿|说{n}家办喜事，随了{m}元礼|牙掉了{k}颗，只能吃软的|给{r}留了话，让周末回电|帮着量了体重，比上月轻{k}斤""".replace(
    "\n", "|"
).split("|")
ENDINGS = """下次带{g}来|{k}天后再来看|已告诉组长{n}|约了{n}周{k}一起来|让{r}晚上回个电话|跟村医说好周{k}上门|走时{w}，嘱咐别出门
留了联系卡，贴在{p}墙上|没有别的要求|说有事就打{o}|已报给村里，等{d}号回话|帮着把{g}搬进{p}|孩子送到门口，挥了半天手|过了{d}号再去{t}复查""".replace(
    "\n", "|"
).split("|")
NEEDS = """想修{p}的屋顶，大概{m}元|缺{g}，要{d}斤|想给{r}办{t}的转学|低保材料还差{k}样|要一副助听器，上次看的{m}元|想装扶手，在{p}
轮椅坏了{k}个月|要{k}床棉被|想请人收{k}亩地|厕所要改，报了{m}元|配老花镜|要一个血压计|学费还差{m}元|想装宽带和{r}视频""".replace(
    "\n", "|"
).split("|")


def write_note(rng: Random, names: list[str]) -> str:
    """A note of one to four sentences."""
    parts = [rng.choice(OPENINGS)] if rng.random() < 0.7 else []
    parts += rng.sample(MIDDLES, rng.choice((1, 1, 2, 2, 3)))
    if rng.random() < 0.5:
        parts.append(rng.choice(ENDINGS))
    return "。".join(_fill(rng, part, names) for part in parts) + "。"


def write_need(rng: Random, names: list[str]) -> str:
    """What somebody asks for."""
    return _fill(rng, rng.choice(NEEDS), names)


def write_name(rng: Random) -> str:
    """A person's name."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def _fill(rng: Random, sentence: str, names: list[str]) -> str:
    return sentence.format(
        n=rng.choice(names),
        r=rng.choice(RELATIVES),
        p=rng.choice(PLACES),
        g=rng.choice(GOODS),
        t=rng.choice(TOWNS),
        w=rng.choice(WEATHER),
        f=rng.choice(FOODS),
        d=rng.randint(2, 30),
        k=rng.randint(2, 7),
        m=rng.randint(3, 240) * 10,
        s=rng.randint(41, 100),
        b=f"{rng.randint(140, 189)}/{rng.randint(80, 109)}",
        o=f"13{rng.randint(100000000, 999999999)}",
    )
