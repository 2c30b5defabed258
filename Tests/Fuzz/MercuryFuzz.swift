// A libFuzzer harness for what Mercury sends: a frame is sorted without a crash, and an activity that
// was stored is read back as it was. scripts/fuzz runs it.
//
// fuzz-module: MercuryClient
// fuzz-link: -lcurl

import FoundationEssentials

@testable import MercuryClient

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let frame = InboundFrame.decode(bytes)
  precondition(frame == InboundFrame.decode(bytes), "a frame is sorted twice alike")
  guard case .event(let event) = frame, let activity = event.activity else { return 0 }
  precondition(event.json == bytes, "the event holds what arrived")
  guard let stored = try? JSONEncoder().encode(activity) else {
    fatalError("an activity that was read cannot be stored")
  }
  guard let again = try? JSONDecoder().decode(Activity.self, from: stored) else {
    fatalError("an activity that was stored cannot be read")
  }
  precondition(again.id == activity.id && again.verb == activity.verb, "another activity came back")
  precondition(again.target == activity.target && again.actor == activity.actor, "another place")
  // What the intake asks of it.
  _ = (activity.messageID, activity.roomID, activity.personID, activity.threadRootID)
  _ = activity.isEdit
  return 0
}
