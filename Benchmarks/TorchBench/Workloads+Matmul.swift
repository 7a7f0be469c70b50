import Torch
import TorchNN

/// Matrix products, `[m, k] x [k, n]`; `nt` and `tn` say that the second or first operand is a transposed view.
enum Matmuls {
  static var all: [Workload] {
    [
      product("matmul_64x784x128", 64, 784, 128),
      product("matmul_256", 256, 256, 256),
      product("matmul_1024", 1024, 1024, 1024),
      product("matmul_2048", 2048, 2048, 2048),
      product("matmul_32x4096x512", 32, 4096, 512),
      Workload("matmul_nt_1024", { (Tensor.randn(1024, 1024), Tensor.randn(1024, 1024)) }) { $0.0.matmul($0.1.t()) },
      Workload("matmul_tn_1024", { (Tensor.randn(1024, 1024), Tensor.randn(1024, 1024)) }) { $0.0.t().matmul($0.1) },
      Workload(
        "linear_64x784x128", { (Tensor.randn(64, 784), Tensor.randn(128, 784), Tensor.randn(128)) }
      ) { F.linear($0.0, $0.1, $0.2) },
      Workload(
        "matmul_bf16_1024", { (Tensor.randn(1024, 1024).to(.bfloat16), Tensor.randn(1024, 1024).to(.bfloat16)) }
      ) { $0.0.matmul($0.1).to(.float32) },
      Workload("bmm_32x128x64x128", { (Tensor.randn(32, 128, 64), Tensor.randn(32, 64, 128)) }) { $0.0.matmul($0.1) },
    ]
  }

  private static func product(_ name: String, _ m: Int, _ k: Int, _ n: Int) -> Workload {
    Workload(name, { (Tensor.randn(m, k), Tensor.randn(k, n)) }) { $0.0.matmul($0.1) }
  }
}
