// Optimizers by PyTorch's names and options, as recorded runs tell them.

import Foundation
import Torch
import TorchOptim

/// An optimizer of a name with options as Python was given them.
func makeOptimizer(_ kind: String, _ options: [String: Any], _ params: [Tensor]) -> Optimizer {
  func number(_ name: String, _ otherwise: Double) -> Double { options[name] as? Double ?? otherwise }
  func count(_ name: String, _ otherwise: Int) -> Int { options[name] as? Int ?? otherwise }
  func flag(_ name: String) -> Bool { options[name] as? Bool ?? false }
  func pair(_ name: String, _ otherwise: (Double, Double)) -> (Double, Double) {
    (options[name] as? [Double]).map { ($0[0], $0[1]) } ?? otherwise
  }
  let betas = pair("betas", (0.9, 0.999)), decay = number("weight_decay", 0), maximize = flag("maximize")
  switch kind {
  case "SGD":
    return SGD(
      params, lr: number("lr", 0.001), momentum: number("momentum", 0), dampening: number("dampening", 0),
      weightDecay: decay, nesterov: flag("nesterov"), maximize: maximize, foreach: options["foreach"] as? Bool,
      fused: options["fused"] as? Bool)
  case "Adam":
    return Adam(
      params, lr: number("lr", 0.001), betas: betas, eps: number("eps", 1e-8), weightDecay: decay,
      amsgrad: flag("amsgrad"), maximize: maximize)
  case "AdamW":
    return AdamW(
      params, lr: number("lr", 0.001), betas: betas, eps: number("eps", 1e-8),
      weightDecay: number("weight_decay", 0.01), amsgrad: flag("amsgrad"), maximize: maximize)
  case "Adadelta":
    return Adadelta(
      params, lr: number("lr", 1), rho: number("rho", 0.9), eps: number("eps", 1e-6), weightDecay: decay,
      maximize: maximize)
  case "Adafactor":
    let eps = options["eps"] as? [Double]
    return Adafactor(
      params, lr: number("lr", 0.01), beta2Decay: number("beta2_decay", -0.8), eps: (eps?[0], eps?[1] ?? 0.001),
      d: number("d", 1), weightDecay: decay, maximize: maximize)
  case "Adagrad":
    return Adagrad(
      params, lr: number("lr", 0.01), lrDecay: number("lr_decay", 0), weightDecay: decay,
      initialAccumulatorValue: number("initial_accumulator_value", 0), eps: number("eps", 1e-10), maximize: maximize)
  case "Adamax":
    return Adamax(
      params, lr: number("lr", 0.002), betas: betas, eps: number("eps", 1e-8), weightDecay: decay, maximize: maximize)
  case "ASGD":
    return ASGD(
      params, lr: number("lr", 0.01), lambd: number("lambd", 1e-4), alpha: number("alpha", 0.75),
      t0: number("t0", 1e6), weightDecay: decay, maximize: maximize)
  case "LBFGS":
    return LBFGS(
      params, lr: number("lr", 1), maxIter: count("max_iter", 20), maxEval: options["max_eval"] as? Int,
      historySize: count("history_size", 100),
      lineSearchFn: (options["line_search_fn"] as? String).flatMap(LineSearch.init(rawValue:)), maximize: maximize)
  case "Muon":
    return Muon(
      params, lr: number("lr", 0.001), weightDecay: number("weight_decay", 0.1), momentum: number("momentum", 0.95),
      nesterov: options["nesterov"] as? Bool ?? true, nsSteps: count("ns_steps", 5),
      adjustLrFn: (options["adjust_lr_fn"] as? String).flatMap(AdjustLrFn.init(rawValue:)))
  case "NAdam":
    return NAdam(
      params, lr: number("lr", 0.002), betas: betas, eps: number("eps", 1e-8), weightDecay: decay,
      momentumDecay: number("momentum_decay", 0.004), decoupledWeightDecay: flag("decoupled_weight_decay"),
      maximize: maximize)
  case "RAdam":
    return RAdam(
      params, lr: number("lr", 0.001), betas: betas, eps: number("eps", 1e-8), weightDecay: decay,
      decoupledWeightDecay: flag("decoupled_weight_decay"), maximize: maximize)
  case "RMSprop":
    return RMSprop(
      params, lr: number("lr", 0.01), alpha: number("alpha", 0.99), eps: number("eps", 1e-8), weightDecay: decay,
      momentum: number("momentum", 0), centered: flag("centered"), maximize: maximize)
  case "Rprop":
    return Rprop(
      params, lr: number("lr", 0.01), etas: pair("etas", (0.5, 1.2)), stepSizes: pair("step_sizes", (1e-6, 50)),
      maximize: maximize)
  default: fatalError("no optimizer \(kind)")
  }
}

/// The first difference between a value of a state dict and what was recorded; nil where there is none.
func difference(_ own: StateValue, _ json: Any, _ tolerance: Double) -> String? {
  func near(_ a: Double, _ b: Double) -> Bool { a == b || abs(a - b) <= tolerance * max(1, abs(b)) }
  func numbers(_ json: Any) -> [Double]? {
    (json as? [Any])?.flatMap { numbers($0) ?? [] } ?? (json as? Double).map { [$0] }
  }
  switch own {
  case .none: return json is NSNull ? nil : "nil for \(json)"
  case .string(let text): return text == json as? String ? nil : "\(text) for \(json)"
  case .bool(let flag): return flag == json as? Bool ? nil : "\(flag) for \(json)"
  case .int(let number): return number == json as? Int ? nil : "\(number) for \(json)"
  case .double(let number):
    let wanted = json as? Double ?? (json as? String).flatMap(Double.init) ?? .nan
    return near(number, wanted) ? nil : "\(number) for \(json)"
  case .tensor(let tensor):
    let got = tensor.detach().array(Double.self)
    guard let wanted = numbers(json), wanted.count == got.count else { return "\(got) for \(json)" }
    return zip(got, wanted).allSatisfy(near) ? nil : "\(got) for \(wanted)"
  case .list(let values), .tuple(let values):
    guard let entries = json as? [Any], entries.count == values.count else { return "\(values) for \(json)" }
    return zip(values, entries).lazy.compactMap { difference($0, $1, tolerance) }.first
  case .other(let value): return "\(value) for \(json)"
  case .map, .counter:
    let entries = own.map ?? [:]
    guard let wanted = json as? [String: Any] else { return "\(entries) for \(json)" }
    var named: [String: StateValue] = [:]
    for (key, value) in entries {
      switch key {
      case .string(let text): named[text] = value
      case .int(let number): named["\(number)"] = value
      }
    }
    if Set(named.keys) != Set(wanted.keys) { return "keys \(named.keys.sorted()) for \(wanted.keys.sorted())" }
    for (key, value) in named {
      if let difference = difference(value, wanted[key]!, tolerance) { return "\(key): \(difference)" }
    }
    return nil
  }
}

/// A recorded value as a state holds it: arrays are lists of numbers where `tensors` is false.
func stateValue(_ json: Any, tensors: Bool = false) -> StateValue {
  switch json {
  case is NSNull: return .none
  case let number as NSNumber where isTruth(number): return .bool(number.boolValue)
  case let text as String: return Double(text).map { .double($0) } ?? .string(text)
  case let number as Double: return Int(exactly: number).map { .int($0) } ?? .double(number)
  case let list as [Any]:
    if tensors, let numbers = list as? [Double] { return .tensor(Tensor(numbers, dtype: .float64)) }
    return .list(list.map { stateValue($0, tensors: tensors) })
  case let entries as [String: Any]:
    var map: [StateKey: StateValue] = [:]
    for (key, value) in entries { map[Int(key).map { .int($0) } ?? .string(key)] = stateValue(value, tensors: tensors) }
    return .map(map)
  default: fatalError("no value of a state: \(json)")
  }
}

/// Whether a number of a JSON file was `true` or `false`.
private func isTruth(_ number: NSNumber) -> Bool { String(cString: number.objCType) == "c" }
