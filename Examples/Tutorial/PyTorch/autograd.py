import torch

row("S30", "The gradient of a sum")
x = torch.tensor([2.0, 3.0], requires_grad=True)
y = x**2 + 2 * x + 1
y.sum().backward()
print(x.grad)

row("S31", "Gradients add up until they are cleared")
(x * 10).sum().backward()
print(x.grad)
x.grad.zero_()
print(x.grad)

row("S32", "Through several steps")
a = torch.ones(2, 2, requires_grad=True)
b = a + 2
out = (b * b * 3).mean()
out.backward()
print(a.grad)

row("S33", "Without recording")
with torch.no_grad():
    plain = x * 2
print(plain.requires_grad)

row("S34", "A tensor taken out of the graph")
print(y)
print(y.detach())
print(x)
