"""history.py - random histories for black-box tests of settlement

Everything follows from the seed.  A history is a list of events in the order
in which they happened, with identities of two nodes of each partner's stores;
whoever imports them shuffles and parts them as it likes.
"""
import json
import random

PROGRAM = """program: Kanta
currency: EUR
timezone: Europe/Helsinki
partners:
  - {id: market, stores: [10-19], issue_price: %(market)s, redeem_price: 0.009}
  - {id: cafe, stores: [30-39], issue_price: 0.012345, redeem_price: %(cafe)s}
  - {id: -roast, issue_price: 0.003333, redeem_price: 0.009}
overdraft: {liable: %(liable)s}
points: {expire_months: %(expire)s}
earn:
  - {id: base, per: 1.00, points: 1}
  - {id: coffee, when: {categories: [coffee]}, per: item, points: 3, funder: -roast}
  - {id: wake, on: inactive, after_days: 20, points: 7}
  - {id: welcome, on: join, points: 11, reward: cup}
rewards:
  - {id: cup, value: 3.50, valid_days: 60, paid_by: issuer}
  - {id: gift, value: 8.05, points: 30}
stamps:
  - {id: lunch, need: 3, reward: cup}
monthly_bonus: {steps: [{from: 30.00, percent: 2}]}
tiers:
  window: 2 months
  valid_for: 2 months
  levels: [{id: low}, {id: high, from: 60.00, multiply: 1.5}]
referral: {on: purchase, referrer_points: 25, referred_points: 5}
passes:
  - {id: gym, uses: 3, valid_months: 4, rebates: [{within_days: 60, points: 9}]}
"""
FIRST = PROGRAM % {"market": "0.010", "cafe": "0.009", "liable": "program",
                   "expire": 2}
SECOND = PROGRAM % {"market": "0.0175", "cafe": "0.0081", "liable": "partner",
                    "expire": 3}
MONTHS = [f"2025-{n:02}" for n in range(1, 10)]
STORES = [10, 11, 30, 31, 50]


class History:
    def __init__(self, seed, count=60, members=6):
        self.random = random.Random(seed)
        self.members = list(range(1, members + 1))
        self.events, self.seqs = [], {}
        self.bought = {m: [] for m in self.members}
        self.redeemed = {m: [] for m in self.members}
        for at in sorted(self.random.uniform(0, 150) for _ in range(count)):
            self.add(at)

    def add(self, at):
        member = self.random.choice(self.members)
        kinds = [self.join, self.purchase, self.purchase, self.purchase,
                 self.goods_back, self.blind, self.redeem, self.redeem,
                 self.reward, self.reverse, self.grant, self.adjust,
                 self.pass_sale, self.pass_use, self.stamp, self.void]
        fields = self.random.choice(kinds)(member)
        if fields is None:
            return
        store = self.random.choice(STORES)
        node = 100 + store
        self.seqs[node] = self.seqs.get(node, 0) + 1
        day, ms = int(at), int((at % 1) * 86400000)
        month, date = 1 + day // 28, 1 + day % 28
        time = (f"2025-{month:02}-{date:02}T{ms // 3600000:02}:"
                f"{ms // 60000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}Z")
        event = {"event": f"{node}.1.{self.seqs[node]}", "at": time,
                 "store": store, "member": member, **fields,
                 "recorded": "2026-01-01T00:00:00.000Z"}
        self.events.append(event)

    def join(self, member):
        other = self.random.choice(self.members)
        return {"kind": "join", **({"referrer": other}
                                   if other != member else {})}

    def lines(self):
        return [{"amount": self.random.randint(1, 4000),
                 "category": self.random.choice(["coffee", "bread"]),
                 "qty": self.random.randint(1, 3)}
                for _ in range(self.random.randint(1, 3))]

    def purchase(self, member):
        lines, receipt = self.lines(), f"R{len(self.events)}"
        self.bought[member].append((receipt, lines))
        return {"kind": "purchase", "receipt": receipt, "lines": lines,
                "total": sum(line["amount"] for line in lines)}

    def goods_back(self, member):
        if not self.bought[member]:
            return None
        receipt, lines = self.random.choice(self.bought[member])
        place = self.random.randrange(len(lines))
        return {"kind": "return", "receipt": receipt, "lines": [
            {"line": place,
             "amount": self.random.randint(0, lines[place]["amount"])}]}

    def blind(self, member):
        lines = self.lines()
        return {"kind": "return", "lines": lines,
                "total": sum(line["amount"] for line in lines)}

    def redeem(self, member):
        key = f"k{len(self.events)}"
        self.redeemed[member].append(key)
        return {"kind": "redeem", "id": key,
                "points": self.random.randint(1, 80)}

    def reward(self, member):
        key = f"k{len(self.events)}"
        self.redeemed[member].append(key)
        return {"kind": "redeem", "id": key,
                "reward": self.random.choice(["cup", "gift"])}

    def reverse(self, member):
        if not self.redeemed[member]:
            return None
        some = {"points": self.random.randint(1, 40)}
        return {"kind": "reverse",
                "redemption": self.random.choice(self.redeemed[member]),
                **(some if self.random.random() < 0.5 else {})}

    def grant(self, member):
        return {"kind": "grant", "reward": "cup"}

    def adjust(self, member):
        return {"kind": "adjust", "reason": "r", "by": "b",
                "points": self.random.choice([-17, 23, 5, -3])}

    def pass_sale(self, member):
        return {"kind": "pass_sale", "pass": "gym", "price": 2500}

    def pass_use(self, member):
        return {"kind": "pass_use", "pass": "gym"}

    def stamp(self, member):
        return {"kind": "stamp", "card": "lunch",
                "count": self.random.randint(1, 3)}

    def void(self, member):
        own = [e for e in self.events
               if e["member"] == member and e["kind"] != "void"]
        if not own or self.random.random() < 0.5:
            return None
        return {"kind": "void", "reason": "r", "by": "b",
                "voids": self.random.choice(own)["event"]}


def lines_of(events):
    return "".join(json.dumps(event) + "\n" for event in events)
