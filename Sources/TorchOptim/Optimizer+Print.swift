// How an optimizer prints itself: its groups and their options, as PyTorch shows them.

import Torch

extension Optimizer: CustomStringConvertible {
  /// The options of each group by name, as PyTorch prints an optimizer; whole numbers stand without a point.
  public var description: String {
    var text = "\(Self.self) ("
    for (index, group) in paramGroups.enumerated() {
      text += "\nParameter Group \(index)\n"
      for (name, value) in group.options.sorted(by: { $0.key < $1.key }) {
        text += "    \(name): \(value.pythonText)\n"
      }
    }
    return text + ")"
  }
}

extension StateValue {
  /// The value as Python would print it.
  fileprivate var pythonText: String {
    switch self {
    case .tensor(let tensor): "\(tensor)"
    case .double(let value):
      // Options of PyTorch are 0 and 1 by default, not 0.0 and 1.0.
      value == value.rounded() && abs(value) < 100_000 ? "\(Int(value))" : pythonRepr(value)
    case .int(let value): "\(value)"
    case .bool(let value): value ? "True" : "False"
    case .string(let text): text
    case .list(let values): "[" + values.map(\.pythonText).joined(separator: ", ") + "]"
    case .tuple(let values):
      "(" + values.map(\.pythonText).joined(separator: ", ") + (values.count == 1 ? ",)" : ")")
    case .map, .counter, .other: "{...}"
    case .none: "None"
    }
  }
}
