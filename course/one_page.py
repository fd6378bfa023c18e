# A GPT on one page. python one_page.py names.txt

# [1] Texts in, letters out
import math, random, sys

random.seed(42)
with open(sys.argv[1], encoding="utf-8") as file:
    docs = [line.strip() for line in file]
docs = [doc for doc in docs if doc]
random.shuffle(docs)
letters = sorted(set("".join(docs)))
BOS = len(letters)  # one more: begin and end
print(f"num docs: {len(docs)}")
print(f"vocab size: {BOS + 1}")

# [3] A number that remembers what made it
class Value:
    __slots__ = "data", "grad", "parents", "local_grads"

    def __init__(self, data, parents=(), local_grads=()):
        self.data = data
        self.grad = 0.0
        self.parents = parents
        self.local_grads = local_grads

    def __add__(self, b):
        b = b if isinstance(b, Value) else Value(b)
        return Value(self.data + b.data, (self, b), (1, 1))

    def __mul__(self, b):
        b = b if isinstance(b, Value) else Value(b)
        local_grads = b.data, self.data
        return Value(self.data * b.data, (self, b), local_grads)

    def __pow__(self, n):
        local_grad = n * self.data ** (n - 1)
        return Value(self.data**n, (self,), (local_grad,))

    def exp(self):
        y = math.exp(self.data)
        return Value(y, (self,), (y,))

    def log(self):
        y = math.log(self.data)
        return Value(y, (self,), (1 / self.data,))

    def relu(self):
        y = max(0.0, self.data)
        return Value(y, (self,), (float(y > 0),))

    def __neg__(self): return self * -1
    def __sub__(self, b): return self + -b
    def __truediv__(self, b): return self * b**-1
    __radd__, __rmul__ = __add__, __mul__

    def backward(self):
        order, seen = [], set()

        def visit(v):
            if v not in seen:
                seen.add(v)
                for parent in v.parents:
                    visit(parent)
                order.append(v)

        visit(self)
        self.grad = 1.0
        for v in reversed(order):
            for p, local_grad in zip(v.parents, v.local_grads):
                p.grad += local_grad * v.grad

# [7] Sizes, and 4,192 random parameters
C, H, L, T = 16, 4, 1, 16
D = C // H

def matrix(rows, columns):
    def number(): return Value(random.gauss(0, 0.08))
    row = range(columns)
    return [[number() for _ in row] for _ in range(rows)]

w = {"wte": matrix(BOS + 1, C), "wpe": matrix(T, C)}
w["lm_head"] = matrix(BOS + 1, C)
for l in range(L):
    for name in "wq", "wk", "wv", "wo":
        w[name, l] = matrix(C, C)
    w["fc1", l] = matrix(4 * C, C)
    w["fc2", l] = matrix(C, 4 * C)
params = [p for m in w.values() for row in m for p in row]
print(f"num params: {len(params)}")

# [4] A linear layer is one dot product a row
def dot(a, b):
    return sum(x * y for x, y in zip(a, b))

def linear(x, m):
    return [dot(row, x) for row in m]

# [2] Softmax: logits into probabilities
def softmax(logits):
    largest = max(z.data for z in logits)
    exps = [(z - largest).exp() for z in logits]
    total = sum(exps)
    return [e / total for e in exps]

# [7] RMSNorm: divide by the root mean square
def rmsnorm(x):
    scale = (dot(x, x) / len(x) + 1e-5) ** -0.5
    return [v * scale for v in x]

def add(x, y):
    return [a + b for a, b in zip(x, y)]

# [6] Attention: which earlier letters matter?
def attend(q, keys, values):
    mixed = []
    for h in range(0, C, D):
        head = slice(h, h + D)
        scores = [dot(q[head], k[head]) for k in keys]
        weights = softmax([s / D**0.5 for s in scores])
        for column in zip(*(v[head] for v in values)):
            mixed.append(dot(weights, column))
    return mixed

# [7] The whole model: one token in, logits out
def gpt(token, position, cache):
    x = add(w["wte"][token], w["wpe"][position])
    x = rmsnorm(x)
    for l, (keys, values) in enumerate(cache):
        n = rmsnorm(x)
        keys.append(linear(n, w["wk", l]))
        values.append(linear(n, w["wv", l]))
        q = linear(n, w["wq", l])
        mixed = attend(q, keys, values)
        x = add(linear(mixed, w["wo", l]), x)
        hidden = linear(rmsnorm(x), w["fc1", l])
        hidden = [number.relu() for number in hidden]
        x = add(linear(hidden, w["fc2", l]), x)
    return linear(x, w["lm_head"])

# [1] Cross-entropy loss, mean over the tokens
def loss_of(doc):
    ids = [BOS, *map(letters.index, doc), BOS][: T + 1]
    cache = [([], []) for _ in range(L)]
    losses = []
    for i, token in enumerate(ids[:-1]):
        probs = softmax(gpt(token, i, cache))
        losses.append(-probs[ids[i + 1]].log())
    return sum(losses) * (1 / len(losses))

# [4] Train: one name a step, with Adam
steps = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
m, v = [0.0] * len(params), [0.0] * len(params)
for s in range(steps):
    loss = loss_of(docs[s % len(docs)])
    loss.backward()
    rate = 0.01 * (1 - s / steps)
    for i, p in enumerate(params):
        m[i] = 0.85 * m[i] + (1 - 0.85) * p.grad
        v[i] = 0.99 * v[i] + (1 - 0.99) * p.grad**2
        up = m[i] / (1 - 0.85 ** (s + 1))
        size = (v[i] / (1 - 0.99 ** (s + 1))) ** 0.5
        p.data -= rate * up / (size + 1e-8)
        p.grad = 0.0
    where = f"step {s + 1:4d} / {steps}"
    print(f"{where} | loss {loss.data:.4f}")

# [1] Sample: draw a letter, append it, go on
for i in range(20):
    token, name = BOS, ""
    cache = [([], []) for _ in range(L)]
    for position in range(T):
        logits = gpt(token, position, cache)
        probs = softmax([z / 0.5 for z in logits])
        weights = [p.data for p in probs]
        token = random.choices(range(BOS + 1), weights)[0]
        if token == BOS:
            break
        name += letters[token]
    print(f"sample {i+1:2d}: {name}")
