import Testing
import TorchNN

/// First values with a structure. Each test of draws runs in a child process, since the generator is shared.
@Suite struct InitTests {
  /// Recorded from PyTorch 2.15 with seed 5: the elements first, second, in the middle and last, and their sum.
  static let rows: [(name: String, some: [Double], sum: Double)] = [
    ("trunc", [1.8423298597335815, 0.5188871622085571, -0.16780288517475128, 0.2960062026977539], 8.487583033973351),
    (
      "truncNarrow", [2.0792455673217773, 2.1261110305786133, 2.230146646499634, 2.193478584289551], 1388.8668847084045
    ),
    (
      "truncShifted", [0.23920754853311066, 0.6289361977859396, 0.8638657804832393, 0.7801032510067639],
      16.18846488002105
    ),
    ("dirac", [0.0, 0.0, 0.0, 0.0], 6.0),
    (
      "orthogonal", [0.7894018888473511, 0.017340267077088356, -0.1441618800163269, -0.2944244146347046],
      -0.7092687068507075
    ),
    (
      "orthogonalWide", [0.8294668197631836, 0.23361706733703613, -0.17338980734348297, -0.589782178401947],
      2.249872811633395
    ),
    (
      "orthogonalTall", [0.330105185508728, 0.07798506319522858, 0.18733179569244385, -0.016687359660863876],
      -0.42699137463932857
    ),
    ("sparse", [0.018423298373818398, 0.005188871640712023, 0.0, 0.0], 0.04904504928163078),
  ]

  private static func draw(_ name: String) -> Tensor {
    manualSeed(5)
    switch name {
    case "trunc": return Init.truncNormal_(.empty(20, 30))
    case "truncNarrow": return Init.truncNormal_(.empty(20, 30), a: 2, b: 3)
    case "truncShifted":
      return Init.truncNormal_(.empty(7, 3, dtype: .float64), mean: 1, std: 0.5, a: -0.5, b: 1.2)
    case "dirac": return Init.dirac_(.empty(6, 4, 3, 3), groups: 2)
    case "orthogonal": return Init.orthogonal_(.empty(6, 6))
    case "orthogonalWide": return Init.orthogonal_(.empty(4, 3, 5), gain: 2)
    case "orthogonalTall": return Init.orthogonal_(.empty(30, 7))
    default: return Init.sparse_(.empty(10, 6), sparsity: 0.3)
    }
  }

  @Test func valuesAreTorchs() async {
    await #expect(processExitsWith: .success) {
      for (name, some, sum) in Self.rows {
        let x = Self.draw(name).to(.float64).flatten()
        let got = [0, 1, x.numel() / 2, x.numel() - 1].map { x[$0].item() as Double }
        #expect(zip(got, some).allSatisfy { abs($0 - $1) < 2e-6 }, "\(name): \(got)")
        #expect(abs(x.sum().item() - sum) < 1e-4, "\(name)")
      }
    }
  }

  @Test func structuresHold() {
    let tall = Init.orthogonal_(.empty(9, 4, dtype: .float64)), wide = Init.orthogonal_(.empty(3, 2, 4), gain: 3)
    #expect(tall.t().mm(tall).allclose(.eye(4, dtype: .float64)))
    #expect(wide.view(3, 8).mm(wide.view(3, 8).t()).allclose(Tensor.eye(3) * 9, atol: 1e-5))
    let x = Tensor.randn(2, 4, 7)
    #expect(F.conv1d(x, Init.dirac_(.empty(4, 4, 3)), padding: 1).equal(x))
    let sparse = Init.sparse_(.empty(10, 6), sparsity: 0.35)
    #expect((sparse .== 0).sum(dim: 0).array() as [Int] == Array(repeating: 4, count: 6))
    let bounded = Init.truncNormal_(.empty(1000), std: 3, a: -1, b: 0.5)
    let low: Float = bounded.min().item(), high: Float = bounded.max().item()
    #expect(low >= -1 && high <= 0.5)
  }

  @Test func wrongUses() async {
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        Init.orthogonal_(.empty(3))
      }, "orthogonal_", "wants at least 2 dimensions, got [3]")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        Init.dirac_(.empty(3, 3))
      }, "wants 3 to 5 dimensions")
    says(
      await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        final class Nested: Module { let blocks = [[Linear(1, 1)]] }
        _ = Nested().parameters()
      }, "property blocks holds collections of modules, which have no keys; use a ModuleList of ModuleList instead")
  }
}
