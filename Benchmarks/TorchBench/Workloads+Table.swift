import Torch
import TorchNN

/// Single ops at three sizes, on row-major and on transposed operands: the names are `sin_1k`, `sin_64k`, `sin_4m` and the same
/// with `_t`. The PyTorch side is Benchmarks/peer_ops.py.
enum Table {
  static var all: [Workload] {
    sizes.flatMap { size in
      [false, true].flatMap { turned in
        let suffix = "_\(size.name)" + (turned ? "_t" : "")
        return entries.map { entry in
          Workload(
            entry.name + suffix, { entry.inputs(size.side).map { turned && $0.ndim == 2 ? $0.t() : $0 } }, entry.work)
        }
      }
    }
  }

  private static let sizes = [(name: "1k", side: 32), (name: "64k", side: 256), (name: "4m", side: 2048)]

  private struct Entry {
    let name: String
    /// Square operands with this many rows, and what else is needed.
    let inputs: (_ side: Int) -> [Tensor]
    let work: ([Tensor]) -> Tensor
  }

  /// Numbers around zero.
  private static func one(_ name: String, _ work: @escaping (Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.randn($0, $0)] }) { work($0[0]) }
  }
  private static func two(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.randn($0, $0), Tensor.randn($0, $0)] }) { work($0[0], $0[1]) }
  }
  /// Numbers from 0.5 to 1.5.
  private static func positive(_ name: String, _ work: @escaping (Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.rand($0, $0) + 0.5] }) { work($0[0]) }
  }
  private static func positives(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.rand($0, $0) + 0.5, Tensor.rand($0, $0) + 0.5] }) { work($0[0], $0[1]) }
  }
  /// Whole numbers from 1 to 99.
  private static func wholes(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.randint(1, 100, [$0, $0]), Tensor.randint(1, 100, [$0, $0])] }) {
      work($0[0], $0[1])
    }
  }
  /// Truth values.
  private static func masks(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.randn($0, $0) .> 0, Tensor.randn($0, $0) .> 0] }) { work($0[0], $0[1]) }
  }
  /// Numbers, and an index into the rows and columns for each of them.
  private static func indexed(_ name: String, _ work: @escaping (Tensor, Tensor) -> Tensor) -> Entry {
    Entry(name: name, inputs: { [Tensor.randn($0, $0), Tensor.randint(0, $0, [$0, $0])] }) { work($0[0], $0[1]) }
  }

  private static var entries: [Entry] { functions + pairs + selections + reductions + rows + moves }

  private static var functions: [Entry] {
    [
      one("abs") { $0.abs() }, one("neg") { -$0 }, one("relu") { $0.relu() }, one("sigmoid") { $0.sigmoid() },
      one("tanh") { $0.tanh() }, one("exp") { $0.exp() }, one("expm1") { $0.expm1() }, one("sin") { $0.sin() },
      one("cos") { $0.cos() }, one("tan") { $0.tan() }, one("atan") { $0.atan() }, one("erf") { $0.erf() },
      one("floor") { $0.floor() }, one("round") { $0.round() }, one("sign") { $0.sign() },
      one("square") { $0.square() },
      one("gelu") { F.gelu($0) }, one("silu") { F.silu($0) }, one("isnan") { $0.isnan() },
      one("clamp") { $0.clamp(min: -1, max: 1) }, one("pow3") { $0.pow(3) }, one("add_number") { $0 + 2 },
      positive("log") { $0.log() }, positive("log1p") { $0.log1p() }, positive("sqrt") { $0.sqrt() },
      positive("rsqrt") { $0.rsqrt() }, positive("reciprocal") { $0.reciprocal() },
      positive("pow_number") { $0.pow(2.5) },
    ]
  }

  private static var pairs: [Entry] {
    [
      two("add") { $0 + $1 }, two("sub") { $0 - $1 }, two("mul") { $0 * $1 }, two("div") { $0 / $1 },
      two("maximum") { $0.maximum($1) }, two("atan2") { $0.atan2($1) }, two("lt") { $0.lt($1) },
      two("eq") { $0.eq($1) },
      positives("pow") { $0.pow($1) }, positives("remainder") { $0.remainder($1) }, positives("fmod") { $0.fmod($1) },
      wholes("add_int64") { $0 + $1 }, wholes("mul_int64") { $0 * $1 },
      wholes("floor_divide_int64") { $0.floorDivide($1) },
      wholes("bitwise_and") { $0.bitwiseAnd($1) }, masks("logical_and") { $0.logicalAnd($1) },
      masks("logical_not") { x, _ in x.logicalNot() },
    ]
  }

  private static var selections: [Entry] {
    [
      Entry(name: "where", inputs: { [Tensor.randn($0, $0) .> 0, Tensor.randn($0, $0), Tensor.randn($0, $0)] }) {
        Tensor.where($0[0], $0[1], $0[2])
      },
      Entry(name: "masked_fill", inputs: { [Tensor.randn($0, $0), Tensor.randn($0, $0) .> 0] }) {
        $0[0].maskedFill($0[1], value: 3)
      },
      Entry(name: "masked_select", inputs: { [Tensor.randn($0, $0), Tensor.randn($0, $0) .> 0] }) {
        $0[0].maskedSelect($0[1])
      },
      masks("nonzero") { x, _ in x.nonzero() },
      indexed("gather") { $0.gather(dim: 1, index: $1) },
      indexed("scatter") { $0.scatter(dim: 1, index: $1, value: 2) },
      indexed("index_select") { $0.indexSelect(dim: 0, index: $1[0]) },
    ]
  }

  private static var reductions: [Entry] {
    [
      one("sum") { $0.sum() }, one("sum_dim0") { $0.sum(dim: 0) }, one("sum_dim1") { $0.sum(dim: 1) },
      one("mean_dim0") { $0.mean(dim: 0) }, one("max") { $0.max() }, one("max_dim0") { $0.max(dim: 0).values },
      one("max_dim1") { $0.max(dim: 1).values }, one("argmax") { $0.argmax() },
      one("argmax_dim1") { $0.argmax(dim: 1) },
      one("std") { $0.std() }, one("var_dim1") { $0.var(dim: 1) }, one("var_dim0") { $0.var(dim: 0) },
      positive("prod_dim1") { $0.prod(dim: 1) }, one("logsumexp_dim1") { $0.logsumexp(dim: 1) },
      masks("any") { x, _ in x.logicalAnd(x.logicalNot()).any() }, masks("all_dim1") { x, _ in x.all(dim: 1) },
      wholes("sum_int64") { x, _ in x.sum() },
    ]
  }

  private static var rows: [Entry] {
    [
      one("softmax_dim1") { $0.softmax(dim: 1) }, one("softmax_dim0") { $0.softmax(dim: 0) },
      one("log_softmax_dim1") { $0.logSoftmax(dim: 1) }, one("cumsum_dim1") { $0.cumsum(dim: 1) },
      one("cumsum_dim0") { $0.cumsum(dim: 0) }, one("sort_dim1") { $0.sort(dim: 1).values },
      one("topk_dim1") { $0.topk(k: 5, dim: 1).values },
    ]
  }

  private static var moves: [Entry] {
    [
      two("cat_dim0") { Tensor.cat([$0, $1], dim: 0) }, two("cat_dim1") { Tensor.cat([$0, $1], dim: 1) },
      two("stack") { Tensor.stack([$0, $1]) }, one("flip") { $0.flip(dims: [0, 1]) },
      one("repeat") { $0.repeat([2, 1]) },
      one("contiguous") { $0.t().contiguous() }, one("clone") { $0.clone() }, one("to_float64") { $0.to(.float64) },
      one("to_bfloat16") { $0.to(.bfloat16) }, one("to_int64") { $0.to(.int64) },
      wholes("int64_to_float32") { x, _ in x.to(.float32) },
    ]
  }
}
