// Arithmetic, products, functions of each element, sums, and what changes a shape.

import Torch

let operations: Section = .init("operations", "Operations") {
  row("S21", "Arithmetic")
  let a = Tensor([2, 4, 6, 8], dtype: .float32)
  let b = Tensor([1, 3, 5, 7], dtype: .float32)
  print(a + b)
  print(a - b)
  print(a * b)
  print(a / b)
  print(a + 10)
  print(1 - a * 0.5)

  row("S21", "What type comes out")
  let whole = Tensor([7, 8])
  print(whole / 2)
  print(whole * 2)
  print((whole + a[..<2]).dtype)
  print((whole * 1.5).dtype)

  row("S22", "Products of vectors and matrices")
  // Swift has no operator for them: `@` begins an attribute.
  print(a.matmul(b))
  print(a.dot(b))
  let m = Tensor([[1.0, 2.0], [3.0, 4.0]])
  print(m.matmul(m))
  print(m.matmul(Tensor([1.0, -1.0])))

  row("S23", "Broadcasting")
  let column = Tensor([[1.0], [2.0], [3.0]])
  let line = Tensor([[10.0, 20.0]])
  print(column + line)

  row("S24", "Functions of each element")
  let v = Tensor([0.25, 1.0, 2.25])
  print(v.sqrt())
  print(v.exp())
  print(v.log())
  print((v - 2).abs())
  print(v ** 2)

  row("S25", "Sums, means and extremes")
  manualSeed(3)
  let r = Tensor.randn(3, 4)
  print(r)
  print(r.sum())
  print(r.sum(dim: 0))
  print(r.sum(dim: 1, keepdim: true))
  print(r.mean())
  print(r.std())
  print(r.max())
  print(r.argmax())
  let (values, indices) = r.max(dim: 1)
  print(values, indices)

  row("S26", "Shapes")
  var t = Tensor.arange(24)
  t = t.reshape(4, 6)
  t = t.view(2, 3, -1)
  print(t.shape)
  print(t.unsqueeze(0).shape)
  print(t.unsqueeze(0).squeeze().shape)
  print(t.transpose(0, 1).shape)
  print(t.permute(2, 0, 1).shape)
  let same = t.view(-1)
  same[0] = 1000
  print(t[0, 0])

  row("S27", "Joining")
  let p = Tensor([[1, 2], [3, 4]])
  let q = Tensor([[5, 6], [7, 8]])
  print(Tensor.cat([p, q], dim: 0))
  print(Tensor.cat([p, q], dim: 1))
  print(Tensor.stack([p, q], dim: 0).shape)

  row("S28", "Flattening")
  print(p.flatten())
  print(p.view(-1))
  print(Tensor.zeros(8, 3, 5).flatten(1).shape)
}
