import Torch
import TorchNN

/// Single ops; sizes as in Benchmarks/peer_torch.py.
enum Ops {
  /// Four million numbers, as one vector.
  static let long = 1 << 22

  static var all: [Workload] { tiny + pointwise + reductions + memory }

  static var tiny: [Workload] {
    [
      Workload("tiny_add", { (Tensor.randn(4), Tensor.randn(4)) }) { $0.0 + $0.1 },
      Workload("tiny_add_grad", { (Tensor.randn(4).requiresGrad_(), Tensor.randn(4)) }) { $0.0 + $0.1 },
      Workload("tiny_mul_add_backward", { (Tensor.randn(4).requiresGrad_(), Tensor.randn(4)) }) { x, y in
        let loss = (x * y + y).sum()
        if isGradEnabled() { loss.backward() }
        return loss
      },
    ]
  }

  static var pointwise: [Workload] {
    [
      binary("add_4m") { $0 + $1 },
      binary("mul_4m") { $0 * $1 },
      unary("exp_4m") { $0.exp() },
      Workload("log_4m", { Tensor.rand(long) + 0.5 }) { $0.log() },
      unary("tanh_4m") { $0.tanh() },
      unary("relu_4m") { $0.relu() },
      unary("gelu_4m") { F.gelu($0) },
      Workload("where_4m", { (Tensor.randn(long) .> 0, Tensor.randn(long), Tensor.randn(long)) }) {
        Tensor.where($0.0, $0.1, $0.2)
      },
    ]
  }

  static var reductions: [Workload] {
    [
      unary("sum_4m") { $0.sum() },
      matrix("sum_dim0_4096x1024") { $0.sum(dim: 0) },
      unary("mean_4m") { $0.mean() },
      unary("max_4m") { $0.max() },
      unary("argmax_4m") { $0.argmax() },
      matrix("softmax_4096x1024") { $0.softmax(dim: 1) },
      Workload("layernorm_4096x1024", { (Tensor.randn(4096, 1024), Tensor.randn(1024), Tensor.randn(1024)) }) {
        F.layerNorm($0.0, normalizedShape: [1024], weight: $0.1, bias: $0.2)
      },
    ]
  }

  static var memory: [Workload] {
    [
      Workload("transpose_copy_2048", { Tensor.randn(2048, 2048) }) { $0.t().contiguous() },
      Workload("index_select_4096x1024", { (Tensor.randn(4096, 1024), Tensor.randint(0, 4096, [4096])) }) {
        $0.0.indexSelect(dim: 0, index: $0.1)
      },
      unary("cast_bf16_4m") { $0.to(.bfloat16) },
      unary("cast_f64_4m") { $0.to(.float64) },
      Workload("randn_4m", { 0 }) { _ in
        manualSeed(1)
        return Tensor.randn(long)
      },
    ]
  }

  private static func unary(_ name: String, _ work: @escaping (Tensor) -> Tensor) -> Workload {
    Workload(name, { Tensor.randn(long) }, work)
  }
  private static func binary(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Workload {
    Workload(name, { (Tensor.randn(long), Tensor.randn(long)) }) { work($0.0, $0.1) }
  }
  private static func matrix(_ name: String, _ work: @escaping (Tensor) -> Tensor) -> Workload {
    Workload(name, { Tensor.randn(4096, 1024) }, work)
  }
}
