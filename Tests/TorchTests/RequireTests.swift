import Testing
import Torch

@Suite struct RequireTests {
  private func complaint(_ body: () throws(OpError) -> Tensor) -> String {
    do {
      _ = try body()
      return ""
    } catch {
      return error.description
    }
  }

  @Test func tellsWhatWasMet() {
    let x = Tensor.zeros(2, 3, 4)
    #expect(complaint { () throws(OpError) in try x.require(shape: [nil, 3, 4], dtype: .float32, device: .cpu) } == "")
    #expect(
      complaint { () throws(OpError) in try x.require(shape: [nil, 3, 5], name: "image") }
        == "require: image wants shape [any, 3, 5], got [2, 3, 4] float32")
    #expect(
      complaint { () throws(OpError) in try x.require(shape: [nil, 3]) }
        == "require: tensor wants shape [any, 3], got [2, 3, 4] float32")
    #expect(
      complaint { () throws(OpError) in try x.require(dtype: .int64) }
        == "require: tensor wants dtype int64, got float32 [2, 3, 4]")
  }
}
