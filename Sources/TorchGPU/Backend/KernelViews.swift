import TorchBackend

/// Operands of one shape with their dimensions joined where they lie densely in one another, as the kernels walk them.
struct KernelViews {
  /// As many dimensions as kernels take.
  static let mostDims = 8

  private(set) var sizes: [Int]
  private(set) var strides: [[Int]]

  /// - Parameter operands: of the shape of the first.
  init(_ operands: Strided...) { self.init(shape: Array(operands[0].shape), operands.map { Array($0.layout.strides) }) }

  init(shape: [Int], _ strides: [[Int]]) {
    var sizes: [Int] = [], joined = strides.map { _ in [Int]() }
    for (dim, size) in shape.enumerated() where size != 1 {
      if let last = sizes.last, strides.indices.allSatisfy({ joined[$0].last! == strides[$0][dim] * size }) {
        sizes[sizes.count - 1] = last * size
        for operand in strides.indices { joined[operand][sizes.count - 1] = strides[operand][dim] }
      } else {
        sizes.append(size)
        for operand in strides.indices { joined[operand].append(strides[operand][dim]) }
      }
    }
    if sizes.isEmpty {
      sizes = [1]
      joined = strides.map { _ in [0] }
    }
    self.sizes = sizes
    self.strides = joined
  }

  /// Whether kernels can walk them.
  var fits: Bool { sizes.count <= Self.mostDims }

  /// Whether each operand is one run of elements.
  var isRow: Bool { sizes.count == 1 && strides.allSatisfy { $0[0] == 1 } }

  var count: Int { sizes.reduce(1, *) }

  fileprivate func padded(_ numbers: [Int], with filler: Int64) -> [Int64] {
    numbers.map(Int64.init) + [Int64](repeating: filler, count: Self.mostDims - numbers.count)
  }
}

extension GPUArguments {
  /// The kernels' SIZES.
  mutating func add(sizes views: KernelViews) {
    add(Int64(views.sizes.count))
    add(views.padded(views.sizes, with: 1))
  }

  /// The kernels' STRIDES of an operand, by its number among those of the views.
  mutating func add(strides views: KernelViews, of operand: Int) { add(views.padded(views.strides[operand], with: 0)) }
}
