import Torch

/// Some samples of a data set, as `torch.utils.data.Subset`.
public struct Subset<Base: Dataset>: Dataset {
  public let dataset: Base
  /// The numbers in `dataset` of the samples here.
  public let indices: [Int]

  /// The samples of given numbers, in that order.
  public init(_ dataset: Base, indices: some Sequence<Int>) {
    self.dataset = dataset
    self.indices = Array(indices)
  }

  public var count: Int { indices.count }
  public subscript(index: Int) -> Base.Sample { get throws { try dataset[indices[index]] } }
  public func batch(_ indices: [Int]) throws -> Base.Sample? { try dataset.batch(indices.map { self.indices[$0] }) }
  public func plan(_ index: Int) throws -> (@Sendable () throws -> Base.Sample)? { try dataset.plan(indices[index]) }
  public func name(of index: Int) -> String? { dataset.name(of: indices[index]) }
}

/// Data sets one after another, as `torch.utils.data.ConcatDataset`; `a + b` makes one too.
public struct ConcatDataset<Sample>: Dataset {
  public let datasets: [any Dataset<Sample>]
  /// How many samples there are up to the end of each data set.
  public let cumulativeSizes: [Int]

  /// The samples of several data sets of one kind of sample.
  /// - Precondition: at least one data set.
  public init(_ datasets: [any Dataset<Sample>]) {
    guard !datasets.isEmpty else { fault("ConcatDataset", "wants at least one data set") }
    self.datasets = datasets
    var end = 0
    cumulativeSizes = datasets.map { dataset in
      end += dataset.count
      return end
    }
  }

  /// The samples of several data sets of one type.
  /// - Precondition: at least one data set.
  public init<D: Dataset>(_ datasets: [D]) where D.Sample == Sample { self.init(datasets.map { $0 }) }

  public var count: Int { cumulativeSizes[cumulativeSizes.count - 1] }

  public subscript(index: Int) -> Sample {
    get throws {
      let (place, inside) = locate(index)
      return try datasets[place][inside]
    }
  }

  public func plan(_ index: Int) throws -> (@Sendable () throws -> Sample)? {
    let (place, inside) = locate(index)
    return try datasets[place].plan(inside)
  }

  public func name(of index: Int) -> String? {
    let (place, inside) = locate(index)
    return datasets[place].name(of: inside)
  }

  /// Which data set holds a sample, and under which number.
  private func locate(_ index: Int) -> (place: Int, inside: Int) {
    let wanted = index < 0 ? index + count : index
    guard (0..<count).contains(wanted) else {
      fault("ConcatDataset", "index \(index) is out of range for \(count) samples")
    }
    var (low, high) = (0, datasets.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if cumulativeSizes[middle] > wanted { high = middle } else { low = middle + 1 }
    }
    return (low, wanted - (low == 0 ? 0 : cumulativeSizes[low - 1]))
  }
}

extension Dataset {
  /// One data set after the other, as `+` of data sets in torch.
  public static func + <Other: Dataset>(first: Self, second: Other) -> ConcatDataset<Sample>
  where Other.Sample == Sample { ConcatDataset([first as any Dataset<Sample>, second]) }
}

/// Two data sets side by side: a sample is a pair, one of each. As `torch.utils.data.StackDataset`.
public struct StackDataset<First: Dataset, Second: Dataset>: Dataset {
  public let first: First
  public let second: Second

  /// Pairs of the samples with one number.
  /// - Precondition: as many samples in both.
  public init(_ first: First, _ second: Second) {
    guard first.count == second.count else {
      fault("StackDataset", "the data sets differ in size: \(first.count) and \(second.count) samples")
    }
    (self.first, self.second) = (first, second)
  }

  public var count: Int { first.count }
  public subscript(index: Int) -> (First.Sample, Second.Sample) { get throws { try (first[index], second[index]) } }
  public func name(of index: Int) -> String? {
    let names = [first.name(of: index), second.name(of: index)].compactMap { $0 }
    return names.isEmpty ? nil : names.joined(separator: ", ")
  }
}
