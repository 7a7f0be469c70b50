import Torch

/// Calls that a row of the signature table cannot say. Each translates arguments and calls one op; `torch-signatures
/// --check` refuses arithmetic here.
enum Adapters {
  /// Swift cannot spread an array over a variadic subscript.
  static func getItem(_ input: Tensor, _ index: Index) -> Tensor {
    let i = index.entries
    switch i.count {
    case 1: return input[i[0]]
    case 2: return input[i[0], i[1]]
    case 3: return input[i[0], i[1], i[2]]
    case 4: return input[i[0], i[1], i[2], i[3]]
    case 5: return input[i[0], i[1], i[2], i[3], i[4]]
    case 6: return input[i[0], i[1], i[2], i[3], i[4], i[5]]
    default: fatalError("the runner has no subscript of \(i.count) entries")
    }
  }

  /// The operand that PyTorch calls the method on stands on the right.
  static func reversedMatmul(_ input: Tensor, _ other: Tensor) -> Tensor { other.matmul(input) }

  /// An in-place operator gives nothing back; its left operand is the result.
  static func assigned(_ input: Tensor, _ assign: (Tensor) -> Void) -> Tensor {
    assign(input)
    return input
  }
}
