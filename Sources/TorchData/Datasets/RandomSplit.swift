import Torch

/// Splits a data set at random into parts of given sizes, as `torch.utils.data.random_split`.
///
/// As in torch, lengths that add up to 1 are fractions: `[1]` is the whole data set.
/// - Parameters:
///   - dataset: what to split.
///   - lengths: how many samples each part gets.
///   - generator: where the order comes from; the global one unless told.
/// - Precondition: the lengths add up to the size of the data set.
public func randomSplit<D: Dataset>(_ dataset: D, _ lengths: [Int], generator: Generator? = nil) -> [Subset<D>] {
  let count = dataset.count
  if lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == 1, count != 1 {
    return randomSplit(dataset, lengths.map(Double.init), generator: generator)
  }
  guard lengths.allSatisfy({ $0 >= 0 }), lengths.reduce(0, +) == count else {
    fault("randomSplit", "the lengths \(lengths) do not add up to the \(count) samples of the data set")
  }
  let order = (generator ?? .default).permutation(count)
  var start = 0
  return lengths.map { length in
    defer { start += length }
    return Subset(dataset, indices: order[start..<start + length])
  }
}

/// Splits a data set at random into fractions, `[0.8, 0.2]`; what rounding leaves goes to the first parts, one each.
/// - Precondition: the fractions are from 0 to 1 and add up to 1.
public func randomSplit<D: Dataset>(_ dataset: D, _ fractions: [Double], generator: Generator? = nil) -> [Subset<D>] {
  let sum = fractions.reduce(0, +)
  guard fractions.allSatisfy({ (0...1).contains($0) }), (sum - 1).magnitude < 1e-9 else {
    fault("randomSplit", "fractions must be from 0 to 1 and add up to 1, got \(fractions)")
  }
  let count = dataset.count
  var lengths = fractions.map { Int((Double(count) * $0).rounded(.down)) }
  for i in 0..<max(count - lengths.reduce(0, +), 0) { lengths[i % lengths.count] += 1 }
  let order = (generator ?? .default).permutation(count)
  var start = 0
  return lengths.map { length in
    defer { start += length }
    return Subset(dataset, indices: order[start..<min(start + length, count)])
  }
}
