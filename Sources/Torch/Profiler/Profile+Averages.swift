/// Calls of one name, added up.
public struct ProfileAverage: Sendable, Hashable {
  /// The op, node, region or module.
  public let name: String
  public let kind: Profile.Kind
  /// The shapes of what the op was given, where the averages are grouped by them.
  public let shapes: [Shape]?
  /// The innermost module around the calls, where the averages are grouped by it.
  public let module: String?
  /// How many calls there were.
  public fileprivate(set) var count = 0
  /// The seconds spent in the calls themselves, without what they called.
  public fileprivate(set) var selfCPUTimeTotal = 0.0
  /// The seconds spent in the calls, with what they called. A call inside of a call of its own name counts once.
  public fileprivate(set) var cpuTimeTotal = 0.0
  /// The bytes that the calls themselves asked for.
  public fileprivate(set) var selfCPUMemoryUsage = 0
  /// The bytes asked for in the calls, with what they called.
  public fileprivate(set) var cpuMemoryUsage = 0
  /// The operations on numbers of matrix products and convolutions in the calls themselves.
  public fileprivate(set) var selfFlops = 0
  /// The operations on numbers of matrix products and convolutions, with what the calls called.
  public fileprivate(set) var flops = 0

  /// The seconds of one call, with what it called.
  public var cpuTime: Double { count == 0 ? 0 : cpuTimeTotal / Double(count) }

  fileprivate init(_ name: String, _ kind: Profile.Kind, shapes: [Shape]?, module: String?) {
    self.name = name
    self.kind = kind
    self.shapes = shapes
    self.module = module
  }

  fileprivate mutating func add(_ sum: ProfilerRecord.Sum) {
    count += sum.calls
    selfCPUTimeTotal += Double(sum.selfNanoseconds) * 1e-9
    cpuTimeTotal += Double(sum.totalNanoseconds) * 1e-9
    selfCPUMemoryUsage += sum.selfBytes
    cpuMemoryUsage += sum.totalBytes
    selfFlops += sum.selfFlops
    flops += sum.totalFlops
  }
}

/// The averages of a recording, in no particular order; ``table(sortBy:rowLimit:maxNameColumnWidth:)`` sorts them.
public struct ProfileAverages: Sendable, RandomAccessCollection, CustomStringConvertible {
  let rows: [ProfileAverage]
  /// The seconds of the whole recording, and of all that was recorded on all threads.
  let wallSeconds: Double, recordedSeconds: Double
  let threadCount: Int

  public var startIndex: Int { rows.startIndex }
  public var endIndex: Int { rows.endIndex }
  public subscript(position: Int) -> ProfileAverage { rows[position] }

  /// The row of a name; nil where nothing of that name was called.
  public subscript(name: String) -> ProfileAverage? { rows.first { $0.name == name } }

  /// The table, the most self time first.
  public var description: String { table() }
}

extension Profile {
  /// The calls added up by name, as `torch.profiler.profile.key_averages`: ops, nodes of the backward pass and regions.
  ///
  /// - Parameters:
  ///   - groupByInputShape: keep calls with other shapes apart; only where shapes were recorded.
  ///   - groupByModule: keep calls in other modules apart.
  public func keyAverages(groupByInputShape: Bool = false, groupByModule: Bool = false) -> ProfileAverages {
    averages(shapes: groupByInputShape, modules: groupByModule) { $0.kind != .module }
  }

  /// The calls of modules added up by their paths; the time of a module is its own ops' and that of the modules in it.
  public func moduleAverages() -> ProfileAverages { averages(shapes: false, modules: false) { $0.kind == .module } }

  private struct Group: Hashable {
    let name: String
    let kind: Kind
    let shapes: [Shape]?
    let module: String?
  }

  private func averages(
    shapes: Bool, modules: Bool, _ isIncluded: (ProfilerRecord.Key) -> Bool
  ) -> ProfileAverages {
    var rows: [ProfileAverage] = []
    var places: [Group: Int] = [:]
    var recorded: UInt64 = 0
    for record in threadRecords {
      for (key, sum) in record.sums {
        recorded += sum.selfNanoseconds
        guard isIncluded(key) else { continue }
        let group = Group(
          name: record.name(of: key), kind: Kind(key.kind), shapes: shapes ? record.shapes(of: key) : nil,
          module: modules ? record.module(of: key) : nil)
        let place: Int
        if let known = places[group] {
          place = known
        } else {
          place = rows.count
          places[group] = place
          rows.append(ProfileAverage(group.name, group.kind, shapes: group.shapes, module: group.module))
        }
        rows[place].add(sum)
      }
    }
    return ProfileAverages(
      rows: rows.sorted { ($1.selfCPUTimeTotal, $0.name) < ($0.selfCPUTimeTotal, $1.name) }, wallSeconds: seconds,
      recordedSeconds: Double(recorded) * 1e-9, threadCount: threadRecords.count)
  }
}
