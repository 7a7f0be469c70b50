import Testing
import Torch

@Suite struct SmokeTests {
  @Test func tutorial() {
    let x = Tensor([2.0, 3.0], requiresGrad: true)
    let y = x ** 2 + 2 * x + 1
    y.sum().backward()
    #expect("\(x.grad!)" == "tensor([6., 8.])")
    #expect("\(y)" == "tensor([ 9., 16.], grad_fn=<AddBackward0>)")
    let a = Tensor.arange(12).reshape(3, 4)
    #expect("\(a[0..., 1..<3])" == "tensor([[ 1,  2],\n        [ 5,  6],\n        [ 9, 10]])")
    #expect("\(a[a .> 5])" == "tensor([ 6,  7,  8,  9, 10, 11])")
    #expect("\(a[0..., Tensor([0, 2])])" == "tensor([[ 0,  2],\n        [ 4,  6],\n        [ 8, 10]])")
    a[a .> 5] = 0
    #expect(a.sum().item() == 15)
    let m = Tensor.ones(2, 3).matmul(Tensor.ones(3, 4))
    #expect(m.sum().item() == 24)
    forkRNG {
      manualSeed(0)
      #expect("\(Tensor.randn(3))" == "tensor([ 1.5410, -0.2934, -2.1788])")
    }
  }
}
