// The scripted streams in which Webex fails or a question is edited.

@testable import Assistant

extension ScriptedStreams {
  /// 30 seconds of text in one message.
  private static func middling(_ reply: inout ReplyRehearsal) {
    reply.answer(SampleText.prose(1_200), perSecond: 10)
  }

  static let faults: [ReplyScript] =
    [
      ReplyScript(name: "every progress edit is 429", longestPause: nil, messages: 1...1) {
        $0.fails(.every(.edit, .failed))
        middling(&$0)
      },
      ReplyScript(name: "every progress edit is refused", longestPause: nil, messages: 1...1) {
        $0.fails(.every(.edit, .rejected))
        middling(&$0)
      },
      ReplyScript(name: "every progress edit is superseded", longestPause: nil) {
        $0.fails(.every(.edit, .superseded))
        middling(&$0)
      },
      ReplyScript(name: "every other progress edit is lost, for 20 minutes", longestPause: nil) {
        for which in 1...40 { $0.fails(Fault(.edit, which * 2, which % 3 == 0 ? .arrived : .lost)) }
        $0.answer(SampleText.prose(4_800), perSecond: 1)
      },
      ReplyScript(name: "the final edit fails once", messages: 1...1) {
        $0.fails(Fault(.finalEdit, 1, .failed))
        middling(&$0)
      },
      ReplyScript(name: "the final edit fails for good", messages: 1...1) {
        $0.fails(.every(.finalEdit, .failed))
        middling(&$0)
      },
      ReplyScript(name: "the final edit is refused", messages: 1...1) {
        $0.fails(.every(.finalEdit, .rejected))
        middling(&$0)
      },
      ReplyScript(name: "the final edit is refused and the old message cannot be deleted") {
        $0.fails(.every(.finalEdit, .rejected), .every(.delete, .rejected))
        middling(&$0)
      },
      ReplyScript(name: "the final edit is refused and the deletion fails twice", messages: 1...1) {
        $0.fails(.every(.finalEdit, .rejected), Fault(.delete, 1...2, .failed))
        middling(&$0)
      },
      ReplyScript(name: "every roll-over is refused, for 20 minutes", longestPause: nil) {
        $0.fails(.every(.finalEdit, .rejected))
        $0.answer(SampleText.prose(4_800), perSecond: 1)
      },
      ReplyScript(name: "the first two posts are 429", longestPause: nil, messages: 1...1) {
        $0.fails(Fault(.post, 1...2, .failed))
        middling(&$0)
      },
      ReplyScript(name: "the second message's post is 429 twice", longestPause: nil) {
        $0.fails(Fault(.post, 2...3, .failed))
        $0.answer(SampleText.prose(16_000), perSecond: 60)
      },
      ReplyScript(name: "Webex is out of reach for an hour", longestPause: nil) {
        $0.fails(Fault(.post, 1...70, .failed))
        middling(&$0)
      },
      ReplyScript(name: "progress may not be posted", longestPause: nil, messages: 1...1) {
        $0.fails(Fault(.post, 1, .rejected))
        middling(&$0)
      },
      ReplyScript(
        name: "nothing may be posted", longestPause: nil, messages: 0...0, outcome: .undelivered
      ) {
        $0.fails(.every(.post, .rejected))
        middling(&$0)
      },
      ReplyScript(
        name: "after the notice nothing is taken any more", messages: 0...0, outcome: .undelivered
      ) {
        $0.fails(Fault(.post, 2...99, .rejected), .every(.finalEdit, .rejected))
        $0.at(.seconds(9), .end(ReplyEnding(note: "The model failed.")))
      },
      ReplyScript(name: "every send takes five seconds", longestPause: .seconds(40)) {
        $0.webex.latency = .seconds(5)
        $0.answer(SampleText.prose(2_400), perSecond: 10)
      },
      ReplyScript(name: "the first post takes a minute", longestPause: .seconds(70)) {
        $0.fails(Fault(.post, 1, .slow(.seconds(60))))
        middling(&$0)
      },
    ]
    + [3, 5, 8].map { which in
      ReplyScript(name: "edits from the \(which)th on fail", longestPause: nil, messages: 1...3) {
        $0.fails(Fault(.edit, which...99, .failed), Fault(.finalEdit, 1...2, .failed))
        $0.answer(SampleText.prose(600), perSecond: 2)
      }
    }

  static let losses: [ReplyScript] = [
    ReplyScript(name: "the first post is lost, and found", longestPause: nil, messages: 1...1) {
      $0.fails(Fault(.post, 1, .found(after: .seconds(8))))
      middling(&$0)
    },
    ReplyScript(name: "the notice is lost, and found after the end", messages: 1...1) {
      $0.fails(Fault(.post, 1, .found(after: .seconds(9))))
      $0.answer("Late.", from: .seconds(4), perSecond: 5)
    },
    ReplyScript(name: "the first post is lost for good", longestPause: nil, messages: 1...1) {
      $0.fails(Fault(.post, 1, .lost))
      middling(&$0)
    },
    ReplyScript(name: "the first post is there and cannot be found", longestPause: nil) {
      $0.fails(Fault(.post, 1, .arrived))
      middling(&$0)
    },
    ReplyScript(
      name: "three posts are lost", longestPause: nil, messages: 0...0, outcome: .undelivered
    ) {
      $0.fails(Fault(.post, 1...3, .lost))
      middling(&$0)
    },
    ReplyScript(name: "the final edit is lost, and there", messages: 1...1) {
      $0.fails(Fault(.finalEdit, 1, .arrived))
      middling(&$0)
    },
    ReplyScript(name: "the final edit is lost for good", messages: 1...1) {
      $0.fails(.every(.finalEdit, .lost))
      middling(&$0)
    },
    ReplyScript(name: "the last progress edit is there, and nobody knows", messages: 1...1) {
      $0.fails(.every(.edit, .arrived))
      middling(&$0)
    },
    ReplyScript(name: "a deletion is lost, and done", messages: 1...1) {
      $0.fails(.every(.finalEdit, .rejected), Fault(.delete, 1, .arrived))
      middling(&$0)
    },
  ]

  /// Two blocks that are too long for a message.
  private static func longCode(_ reply: inout ReplyRehearsal) {
    reply.answer(SampleText.code(300) + SampleText.code(280), perSecond: 200)
  }

  static let files: [ReplyScript] = [
    ReplyScript(name: "two files", files: 2) { longCode(&$0) },
    ReplyScript(name: "two files, of which the first is 429 twice", files: 2) {
      $0.fails(Fault(.attach, 1...2, .failed))
      longCode(&$0)
    },
    ReplyScript(name: "a file is lost, and found", files: 2) {
      $0.fails(Fault(.attach, 1, .found(after: .seconds(4))))
      longCode(&$0)
    },
    ReplyScript(name: "a file is lost twice", files: 2) {
      $0.fails(Fault(.attach, 2...3, .lost))
      longCode(&$0)
    },
    ReplyScript(name: "a file is lost three times", outcome: .undelivered, files: 0) {
      $0.fails(Fault(.attach, 1...3, .lost))
      longCode(&$0)
    },
    ReplyScript(name: "the first file is refused and comes as text", files: 1) {
      $0.fails(Fault(.attach, 1, .rejected))
      longCode(&$0)
    },
    ReplyScript(name: "no file is taken", files: 0) {
      $0.fails(.every(.attach, .rejected))
      longCode(&$0)
    },
    ReplyScript(name: "edited while the second file is on its way", messages: 1...1, files: 0) {
      // Text and first file take some seconds.
      $0.fails(Fault(.attach, 2, .slow(.seconds(60))))
      longCode(&$0)
      $0.edited(at: .seconds(40)) { $0.answer("The other answer.", from: $1, perSecond: 20) }
    },
    ReplyScript(name: "edited while code comes as text", messages: 1...1, files: 0) {
      $0.fails(.every(.attach, .rejected), Fault(.post, 3...99, .slow(.seconds(10))))
      longCode(&$0)
      $0.edited(at: .seconds(45)) { $0.answer("The other answer.", from: $1, perSecond: 20) }
    },
  ]

  static let restarts: [ReplyScript] =
    [
      (.milliseconds(100), "before any token"), (.milliseconds(1_050), "while the post is out"),
      (.seconds(2), "in the first words"), (.milliseconds(2_350), "while an edit is out"),
      (.seconds(20), "in the middle"), (.milliseconds(30_350), "while the last edit is out"),
      (.seconds(50), "after the end"),
    ].map { (time: Duration, when: String) in
      ReplyScript(name: "the question is edited \(when)", messages: nil) {
        $0.stream(SampleText.words(150), from: .milliseconds(300), perSecond: 10)
        if time > .seconds(40) {
          $0.at(.seconds(49), .end(ReplyEnding(note: "Note.")))
          $0.webex.latency = .seconds(3)
        }
        $0.edited(at: time) { reply, start in
          reply.answer("The other answer. " + SampleText.words(30), from: start, perSecond: 5)
        }
      }
    } + [
      ReplyScript(name: "edited while the notice stands", messages: 1...1) {
        $0.edited(at: .seconds(5)) { reply, start in
          reply.answer("The other answer.", from: start + .seconds(20), perSecond: 5)
        }
      },
      ReplyScript(name: "edited after three messages, to a short answer", messages: 1...1) {
        $0.stream(SampleText.prose(20_000), from: .milliseconds(300), perSecond: 200)
        $0.edited(at: .seconds(24)) { reply, start in
          reply.answer("The other answer.", from: start, perSecond: 50)
        }
      },
      ReplyScript(name: "edited after three messages, to a longer answer", messages: 4...6) {
        $0.stream(SampleText.prose(20_000), from: .milliseconds(300), perSecond: 200)
        $0.edited(at: .seconds(24)) { reply, start in
          reply.answer(SampleText.prose(29_000), from: start, perSecond: 100)
        }
      },
      ReplyScript(name: "edited, and the same answer again", messages: 1...1) {
        $0.stream("The very same.", from: .milliseconds(300), perSecond: 100)
        $0.edited(at: .seconds(5)) { reply, start in
          reply.answer("The very same.", from: start, perSecond: 100)
        }
      },
      ReplyScript(name: "edited to what stood before a lost edit", messages: 1...1) {
        $0.fails(.every(.edit, .arrived))
        $0.at(.milliseconds(300), .text("First."))
        $0.at(.seconds(3), .text(" Second."))
        $0.edited(at: .seconds(5)) { $0.answer("First.", from: $1, perSecond: 100) }
      },
      ReplyScript(name: "edited to what stood before an edit on its way", messages: 1...1) {
        $0.fails(.every(.edit, .arrived))
        $0.at(.milliseconds(300), .text("First."))
        $0.at(.seconds(3), .text(" Second."))
        $0.edited(at: .milliseconds(3_050)) { $0.answer("First.", from: $1, perSecond: 100) }
      },
      ReplyScript(name: "edited three times", messages: 1...3) {
        for round in 0..<3 {
          $0.stream(SampleText.words(80), from: .seconds(round * 13), perSecond: 10)
          $0.edited(at: .seconds(round * 13 + 12)) { _, _ in }
        }
        $0.answer("The last answer.", from: .seconds(40), perSecond: 5)
      },
      ReplyScript(name: "edited, then an error", messages: 1...1) {
        $0.stream(SampleText.prose(9_000), from: .milliseconds(300), perSecond: 100)
        $0.edited(at: .seconds(20)) { reply, start in
          reply.at(start + .seconds(4), .end(ReplyEnding(note: "The model failed.")))
        }
      },
      ReplyScript(name: "edited while a lost post is looked for", messages: 1...1) {
        $0.fails(Fault(.post, 1, .found(after: .seconds(6))))
        $0.stream(SampleText.words(40), from: .milliseconds(300), perSecond: 20)
        $0.edited(at: .seconds(3)) { reply, start in
          reply.answer("The other answer.", from: start, perSecond: 50)
        }
      },
    ]

  static let retries: [ReplyScript] = [
    retry("an earlier message is edited in place", [2], keeps: false, posts: 0) {
      $0.answer("Anew.", perSecond: 20)
    },
    retry("an earlier message without edits left is deleted", [9], keeps: false, posts: 1) {
      $0.answer("Anew.", perSecond: 20)
    },
    retry("of three earlier messages one remains", [0, 10, 3], keeps: false, posts: 0) {
      $0.answer(SampleText.words(60), perSecond: 20)
    },
    retry("a restart after the process died, then slowly", [5], keeps: false, posts: nil) {
      $0.answer(SampleText.prose(1_200), from: .seconds(30), perSecond: 5)
    },
    retry("kept, and an error", [1, 2], keeps: true, posts: 1) {
      $0.at(.seconds(1), .end(ReplyEnding(note: "The model failed.")))
    },
    retry("kept, a notice, and an error", [1, 2], keeps: true, posts: 1) {
      $0.at(.seconds(50), .end(ReplyEnding(note: "The model failed.")))
    },
    retry("kept, a notice, and nothing", [1], keeps: true, posts: 1) {
      $0.at(.seconds(50), .end(ReplyEnding()))
    },
    retry("kept, a notice, and text", [1, 2], keeps: true, posts: 1) {
      $0.answer(SampleText.words(60), from: .seconds(20), perSecond: 10)
    },
    retry("kept, a notice, text and an error", [1, 2], keeps: true, posts: 1) {
      $0.answer(SampleText.words(60), from: .seconds(20), perSecond: 10, note: "Cut off.")
    },
    retry("kept, and the first of them was deleted by someone", [1, 2], keeps: true, posts: 0) {
      $0.fails(Fault(.edit, 1, .rejected))
      $0.answer(SampleText.words(60), perSecond: 10)
    },
    retry("kept, text, and the question is edited, then an error", [1], keeps: true, posts: nil) {
      $0.stream(SampleText.words(60), from: .seconds(5), perSecond: 10)
      $0.edited(at: .seconds(9)) { reply, start in
        reply.at(start + .seconds(9), .end(ReplyEnding(note: "The model failed.")))
      }
    },
    retry("kept, and the question is edited before any text", [1], keeps: true, posts: nil) {
      $0.edited(at: .seconds(9)) { reply, start in
        reply.answer(SampleText.words(60), from: start + .seconds(3), perSecond: 10)
      }
    },
  ]

  /// - Parameter edits: those that each earlier message has had.
  private static func retry(
    _ name: String, _ edits: [Int], keeps: Bool, posts: Int?,
    _ play: @escaping @Sendable (inout ReplyRehearsal) -> Void
  ) -> ReplyScript {
    ReplyScript(name: name, longestPause: nil, posts: posts) { plan in
      plan.keepsUntilText = keeps
      plan.replaces = edits.enumerated().map {
        ReplacedMessage(id: "e\($0.offset + 1)", edits: $0.element)
      }
    } play: {
      play(&$0)
    }
  }
}

extension ReplyRehearsal {
  /// The question is edited: what the model had still to say is not said.
  mutating func edited(
    at time: Duration, _ then: (inout ReplyRehearsal, _ start: Duration) -> Void
  ) {
    forget(after: time)
    at(time, .restart)
    then(&self, time + .milliseconds(500))
  }
}
