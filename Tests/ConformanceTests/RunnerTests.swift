import Foundation
import Testing
import Torch

/// Mistakes planted in cases: each must be told, as a failure of that case and of no other.
@Suite struct RunnerTests {
  /// What `add` of [1, 2] and [10, 20] gives, and what it does not.
  private static let tensors: [String: Tensor] = [
    "x": Tensor([1.0, 2]), "y": Tensor([10.0, 20]), "sum": Tensor([11.0, 22]), "off": Tensor([11.0, 22.001]),
    "wide": Tensor([11.0, 22], dtype: .float64), "row": Tensor([[11.0, 22]]), "g": Tensor([1.0, 3]),
    "three": Tensor([1.0, 2, 3]),
  ]

  private static func add(_ output: String, grad: String = "g", grads: String = "g", y: String = "y") -> String {
    """
    "dtype":"float32","args":[{"tensor":"x","requires_grad":true},{"tensor":"\(y)"}],"kwargs":{},\
    "outputs":[{"tensor":"\(output)"}],"tol":[1.3e-06,1e-05],"grad_outputs":[{"tensor":"\(grad)"}],\
    "grads":{"x":{"tensor":"\(grads)"}},"grad_tol":[1.3e-06,1e-05],"inplace":true
    """
  }

  @Test func mistakesAreTold() throws {
    var planted = try Planted()
    defer { planted.remove() }
    try planted.add(
      "add", inplace: "add_", tensors: Self.tensors,
      cases: [
        Self.add("sum"), Self.add("off"), Self.add("wide"), Self.add("row"), Self.add("sum", grads: "y"),
        Self.add("sum", y: "three"), Self.add("sum"),
      ])
    let json = planted.directory + "/result.json"
    let (lines, status) = try planted.run("torch-conformance", "--json", json)
    #expect(lines.last == "2 passed, 5 failed, 0 unsupported")
    #expect(lines.first?.hasPrefix("op add: 5 of 7 failed: #1 ") == true)
    #expect(status == 1)

    let text = try String(contentsOfFile: json, encoding: .utf8)
    let cases = text.split(separator: "\n").filter { $0.hasPrefix("{\"id\"") }.map(String.init)
    #expect(cases.count == 7)
    let wanted = [
      "\"passed\"", "1 of 2 differ, element 1 is 22.0, wanted 22.00", "[2] float32, wanted [2] float64",
      "[2] float32, wanted [1, 2] float32", "gradient of x: 2 of 2 differ", "trap: .add: add: shapes do not broadcast",
      "\"passed\"",
    ]
    for (line, part) in zip(cases, wanted) { #expect(line.contains(part), "\(line)") }
  }

  @Test func secondGradientsAreHeldAgainstDifferences() throws {
    var planted = try Planted()
    defer { planted.remove() }
    let test = """
      "dtype":"float32","args":[{"tensor":"x","requires_grad":true}],"kwargs":{},"outputs":[{"tensor":"half"}],\
      "tol":[0,0],"grad_outputs":[{"tensor":"one"}],"grads":{"x":{"tensor":"x"}},"grad_tol":[0,0]
      """
    try planted.add(
      "probe.half_square", tensors: ["x": Tensor([2.0]), "half": Tensor([2.0]), "one": Tensor([1.0])], cases: [test])
    #expect(try planted.run("conformance-probe").lines.last == "1 passed, 0 failed, 0 unsupported")
    let (lines, status) = try planted.run("conformance-probe", "--second")
    #expect(lines.first?.contains("probe.half_square: the second gradient is ") == true)
    #expect(lines.last == "0 passed, 1 failed, 0 unsupported")
    #expect(status == 1)
  }

  @Test func inPlaceFormsAreComparedOnTheirOwn() throws {
    var planted = try Planted()
    defer { planted.remove() }
    let test = """
      "dtype":"float32","args":[{"tensor":"x"}],"kwargs":{},"outputs":[{"tensor":"double"}],"tol":[0,0],"inplace":true
      """
    try planted.add(
      "probe.double", inplace: "probe.triple_", tensors: ["x": Tensor([1.0]), "double": Tensor([2.0])], cases: [test])
    let (lines, _) = try planted.run("conformance-probe")
    #expect(lines.first?.contains("probe.triple_: output: 1 of 1 differ, element 0 is 3.0, wanted 2.0") == true)
    #expect(lines.last == "0 passed, 1 failed, 0 unsupported")
  }

  @Test func trapsAndHangsEndTheirCaseOnly() throws {
    var planted = try Planted()
    defer { planted.remove() }
    func one(_ tensor: String) -> String {
      "\"dtype\":\"float32\",\"args\":[{\"tensor\":\"\(tensor)\"}],\"kwargs\":{},\"outputs\":[{\"tensor\":\"x\"}],\"tol\":[0,0]"
    }
    let tensors = ["x": Tensor([1.0, 2])]
    try planted.add("probe.trap", tensors: tensors, cases: [one("x"), one("x")])
    try planted.add("probe.hang", tensors: tensors, cases: [one("x")])
    try planted.add("relu", tensors: tensors, cases: [one("x")])
    try planted.add("no_such_op", tensors: tensors, cases: [one("x")])
    let (lines, status) = try planted.run(
      "conformance-probe", "--timeout", "0.5", "--workers", "1", "--list-unsupported")
    #expect(lines.contains("op no_such_op: 1 of 1 unsupported: #0 no binding of no_such_op"))
    #expect(lines.contains("op probe.trap: 2 of 2 failed: #0-1 trap: probe.trap: probe: got [2]"))
    #expect(lines.contains("op probe.hang: 1 of 1 failed: #0 hang in probe.hang: ended after 0.5 s"))
    #expect(lines.last == "1 passed, 3 failed, 1 unsupported")
    #expect(status == 1)
  }

  @Test func stridesAreAsGiven() throws {
    var planted = try Planted()
    defer { planted.remove() }
    // A column stretched over three, and every second element from the second on.
    let tensors = [
      "x": Tensor([[1.0, 1, 1], [2, 2, 2]]), "y": Tensor([[1.0, 2, 3], [4, 5, 6]]),
      "sum": Tensor([[2.0, 3, 4], [6, 7, 8]]),
    ]
    func test(_ strides: String) -> String {
      """
      "dtype":"float32","args":[{"tensor":"x","strides":[1,0],"offset":2},{"tensor":"y","strides":\(strides),"offset":1}],\
      "kwargs":{},"outputs":[{"tensor":"sum"}],"tol":[0,0]
      """
    }
    try planted.add("add", tensors: tensors, cases: [test("[6,2]"), test("[1,2]")])
    #expect(try planted.run("torch-conformance").lines.last == "2 passed, 0 failed, 0 unsupported")
  }

  @Test func onlyAndFloor() throws {
    var planted = try Planted()
    defer { planted.remove() }
    try planted.add(
      "add", inplace: "add_", tensors: Self.tensors, cases: [Self.add("sum"), Self.add("off"), Self.add("sum")])
    try planted.add("other", target: "add", inplace: "add_", tensors: Self.tensors, cases: [Self.add("sum")])
    let floor = planted.directory + "/floor.txt"
    #expect(try planted.run("torch-conformance", "--only", "^oth").lines == ["1 passed, 0 failed, 0 unsupported"])
    _ = try planted.run("torch-conformance", "--write-floor", floor)
    let text = try String(contentsOfFile: floor, encoding: .utf8)
    #expect(text.hasSuffix("\nop add 0,2\nop other 0\n"))

    // A case that passes above the floor is no failure; one that falls below is.
    try "op other 0\n".write(toFile: floor, atomically: true, encoding: .utf8)
    let risen = try planted.run("torch-conformance", "--floor", floor)
    #expect(risen.lines.contains { $0.hasPrefix("2 more cases of 1 groups pass; ") })
    try "op add 0-2\n".write(toFile: floor, atomically: true, encoding: .utf8)
    let fallen = try planted.run("torch-conformance", "--floor", floor)
    #expect(fallen.lines.contains { $0.hasPrefix("fell below the floor: op add #1: failed") })
    #expect(fallen.status == 2)
    try "op gone 0-2\n".write(toFile: floor, atomically: true, encoding: .utf8)
    #expect(try planted.run("torch-conformance", "--floor", floor).status == 2)
  }
  @Test func tiersAreCountedApart() throws {
    var planted = try Planted()
    defer { planted.remove() }
    try planted.add("add", inplace: "add_", tensors: Self.tensors, cases: [Self.add("sum"), Self.add("off")])
    try planted.add("other", target: "add", inplace: "add_", tensors: Self.tensors, cases: [Self.add("sum")])
    try planted.add("no_such_op", tensors: Self.tensors, cases: [Self.add("sum")])
    let tier = planted.directory + "/must.txt"
    try "# what must be\n\nadd  # sums\nno_such_op\n".write(toFile: tier, atomically: true, encoding: .utf8)
    let lines = try planted.run("torch-conformance", "--tier", tier).lines
    #expect(
      lines.suffix(2) == ["must.txt: 1 passed, 1 failed, 1 unsupported (33.3 %)", "2 passed, 1 failed, 1 unsupported"])
  }
}
