import Torch

/// One value of a file, as a tree shows it.
struct FileNode {
  enum Content {
    /// A number, a text, a short list: what it is and how it reads.
    case value(kind: String, text: String)
    case tensor(TensorLine)
    /// Something with children.
    case group(kind: String, title: String)
    /// A value that stands above already.
    case again(place: String)
  }

  var label: String
  var content: Content
  var children: [FileNode] = []
  /// Whether children are elements, of which a few show what all are like.
  var isList = false
  var sum = Totals()

  init(_ label: String, _ content: Content) { (self.label, self.content) = (label, content) }

  /// Adds a child and what it holds.
  mutating func add(_ child: FileNode) {
    sum.add(child.sum)
    children.append(child)
  }
}

/// What a tree says of a tensor.
struct TensorLine {
  enum Role: String { case plain, parameter, buffer, optimizer }

  var dtype: String
  var shape: [Int]
  /// Only where they are not those of rows one after another.
  var strides: [Int]?
  /// Nil for a dtype whose size is not known here.
  var byteCount: Int?
  var role = Role.plain
  /// The place of a tensor above that lies in the same memory.
  var sharesWith: String?
  /// Whether it is that tensor, to the last element.
  var isSame = false
  var notes: [String] = []

  /// Saturates, for a file may claim any shape of dtypes that are not read here.
  var count: Int { product(shape) }

  init(dtype: String, shape: [Int]) {
    (self.dtype, self.shape) = (dtype, shape)
    byteCount = Self.itemSize(dtype).map { product(shape + [$0]) }
  }

  /// Bytes of an element by torch's name of the dtype.
  static func itemSize(_ name: String) -> Int? {
    if let dtype = DType.allCases.first(where: { $0.name == name }) { return dtype.itemSize }
    switch name {
    case "uint16": return 2
    case "uint32", "complex32": return 4
    case "uint64", "complex64": return 8
    case "complex128": return 16
    default: return name.hasPrefix("float8") || ["qint8", "quint8", "bits8"].contains(name) ? 1 : nil
    }
  }
}

private func product(_ sizes: [Int]) -> Int {
  if sizes.contains(0) { return 0 }
  return sizes.reduce(1) { product, size in
    let (next, overflow) = product.multipliedReportingOverflow(by: size)
    return overflow ? .max : next
  }
}

/// How much tensors hold.
struct Totals {
  var tensors = 0
  /// Elements of tensors that are trained, by all that the file tells.
  var parameters = 0
  /// Elements of what an optimizer keeps.
  var optimizer = 0
  /// Elements of all tensors; what several name counts once.
  var elements = 0
  var bytes = 0
  var bytesByDType: [String: Int] = [:]

  mutating func add(_ other: Totals) {
    tensors += other.tensors
    parameters = plus(parameters, other.parameters)
    optimizer = plus(optimizer, other.optimizer)
    elements = plus(elements, other.elements)
    bytes = plus(bytes, other.bytes)
    bytesByDType.merge(other.bytesByDType, uniquingKeysWith: plus)
  }

  mutating func add(_ tensor: TensorLine, name: String) {
    tensors += 1
    guard !tensor.isSame else { return }
    let bytes = tensor.byteCount ?? 0
    elements = plus(elements, tensor.count)
    self.bytes = plus(self.bytes, bytes)
    bytesByDType[tensor.dtype] = plus(bytesByDType[tensor.dtype, default: 0], bytes)
    if tensor.role == .optimizer {
      optimizer = plus(optimizer, tensor.count)
      return
    }
    // A state dictionary does not say what is a buffer; these names are torch's own.
    let isBuffer =
      tensor.role == .buffer
      || tensor.role == .plain
        && ["running_mean", "running_var", "num_batches_tracked", "position_ids"].contains {
          name == $0 || name.hasSuffix("." + $0)
        }
    if !isBuffer { parameters = plus(parameters, tensor.count) }
  }
}

private func plus(_ a: Int, _ b: Int) -> Int {
  let (sum, overflow) = a.addingReportingOverflow(b)
  return overflow ? .max : sum
}
