// Bodies as webexapis.com answers them: invented people and ids, the documented fields.

enum Fixture {
  static let attachmentAction = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL0FUVEFDSE1FTlRfQUNUSU9OLzllNGIwMDA3LWI4OTUtMTFmMS04YzNkLTRhNWI2YzdkOGU5Zg",
      "type": "submit",
      "messageId": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDYtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "inputs": {
        "callback_keyword": "deploy_go",
        "reason": "hotfix",
        "env": "prod"
      },
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "created": "2026-11-03T09:16:10.000Z"
    }
    """#

  static let membershipsList = #"""
    {
      "items": [
        {
          "id": "Y2lzY29zcGFyazovL3VzL01FTUJFUlNISVAvNWYzZTJkMWMtMGI5YS00ODg3LWI2YTUtYzRkM2UyZjEwOTE4OjhkMmYzYTEwLTdjNDEtMTFmMS05YjAyLTNmNWE3ZTljMWQyNA",
          "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
          "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
          "personEmail": "alice@example.com",
          "personDisplayName": "Alice Example",
          "personOrgId": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFjMmQzZS00YjVhLTQ2OTctOGMxZC0yZTNmNDA1MTYyNzM",
          "isModerator": false,
          "isMonitor": false,
          "created": "2026-10-01T08:00:00.000Z"
        }
      ]
    }
    """#

  static let messageCardByBot = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDYtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "roomType": "group",
      "text": "This bot needs a client that shows cards.",
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ",
      "personEmail": "helper@webex.bot",
      "attachments": [
        {
          "contentType": "application/vnd.microsoft.card.adaptive",
          "content": {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": "1.3",
            "body": [
              {
                "type": "TextBlock",
                "text": "Deploy?",
                "weight": "Bolder"
              },
              {
                "type": "Input.Text",
                "id": "reason",
                "label": "Reason",
                "isRequired": true,
                "errorMessage": "Say why"
              },
              {
                "type": "Input.ChoiceSet",
                "id": "env",
                "value": "prod",
                "choices": [
                  {
                    "title": "Prod",
                    "value": "prod"
                  },
                  {
                    "title": "Staging",
                    "value": "staging"
                  }
                ]
              }
            ],
            "actions": [
              {
                "type": "Action.Submit",
                "title": "Go",
                "data": {
                  "callback_keyword": "deploy_go"
                }
              }
            ]
          }
        }
      ],
      "created": "2026-11-03T09:15:50.000Z"
    }
    """#

  static let messageDirect = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDItYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vMmI3YzllNGQtNTFhOC0zZjYwLThlMjctOWQ0YzZiMWEwZjM1",
      "roomType": "direct",
      "text": "hello there",
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "personEmail": "alice@example.com",
      "created": "2026-11-03T09:15:05.000Z"
    }
    """#

  static let messageEdited = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDEtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "roomType": "group",
      "text": "Helper Bot deploy status for prod please",
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "personEmail": "alice@example.com",
      "html": "<p><spark-mention data-object-type=\"person\" data-object-id=\"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ\">Helper Bot</spark-mention> deploy status for prod please</p>",
      "mentionedPeople": [
        "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ"
      ],
      "created": "2026-11-03T09:15:00.000Z",
      "updated": "2026-11-03T09:15:30.000Z"
    }
    """#

  static let messageGroupMention = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDEtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "roomType": "group",
      "text": "Helper Bot deploy status please",
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "personEmail": "alice@example.com",
      "html": "<p><spark-mention data-object-type=\"person\" data-object-id=\"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ\">Helper Bot</spark-mention> deploy status please</p>",
      "mentionedPeople": [
        "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ"
      ],
      "created": "2026-11-03T09:15:00.000Z"
    }
    """#

  static let messagePostCardRequest = #"""
    {
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "text": "This bot needs a client that shows cards.",
      "attachments": [
        {
          "contentType": "application/vnd.microsoft.card.adaptive",
          "content": {
            "type": "AdaptiveCard",
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "version": "1.3",
            "body": [
              {
                "type": "TextBlock",
                "text": "Deploy?",
                "weight": "Bolder"
              },
              {
                "type": "Input.Text",
                "id": "reason",
                "label": "Reason",
                "isRequired": true,
                "errorMessage": "Say why"
              },
              {
                "type": "Input.ChoiceSet",
                "id": "env",
                "value": "prod",
                "choices": [
                  {
                    "title": "Prod",
                    "value": "prod"
                  },
                  {
                    "title": "Staging",
                    "value": "staging"
                  }
                ]
              }
            ],
            "actions": [
              {
                "type": "Action.Submit",
                "title": "Go",
                "data": {
                  "callback_keyword": "deploy_go"
                }
              }
            ]
          }
        }
      ]
    }
    """#

  static let messagePostRequest = #"""
    {
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "parentId": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDEtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "markdown": "**Deploy is green**"
    }
    """#

  static let messagePutRequest = #"""
    {
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "markdown": "**Deploy is green** (build 812)"
    }
    """#

  static let messageThreadReply = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDMtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "roomType": "group",
      "text": "Helper Bot and for staging?",
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "personEmail": "alice@example.com",
      "html": "<p><spark-mention data-object-type=\"person\" data-object-id=\"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ\">Helper Bot</spark-mention> and for staging?</p>",
      "mentionedPeople": [
        "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ"
      ],
      "created": "2026-11-03T09:15:20.000Z",
      "parentId": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDEtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm"
    }
    """#

  static let messageWithFile = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDgtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
      "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vMmI3YzllNGQtNTFhOC0zZjYwLThlMjctOWQ0YzZiMWEwZjM1",
      "roomType": "direct",
      "text": "see attached",
      "files": [
        "https://webexapis.com/v1/contents/Y2lzY29zcGFyazovL3VzL0NPTlRFTlQvOWU0YjAwMDgtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlmLzA"
      ],
      "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "personEmail": "alice@example.com",
      "created": "2026-11-03T09:16:30.000Z"
    }
    """#

  static let messagesList = #"""
    {
      "items": [
        {
          "id": "Y2lzY29zcGFyazovL3VzL01FU1NBR0UvOWU0YjAwMDEtYjg5NS0xMWYxLThjM2QtNGE1YjZjN2Q4ZTlm",
          "roomId": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
          "roomType": "group",
          "text": "Helper Bot deploy status please",
          "personId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
          "personEmail": "alice@example.com",
          "html": "<p><spark-mention data-object-type=\"person\" data-object-id=\"Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ\">Helper Bot</spark-mention> deploy status please</p>",
          "mentionedPeople": [
            "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ"
          ],
          "created": "2026-11-03T09:15:00.000Z"
        }
      ]
    }
    """#

  static let peopleMe = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS9jMWE1YjZkNy0yZTNmLTRhMWItOWM4ZC03ZTZmNWE0YjNjMmQ",
      "emails": [
        "helper@webex.bot"
      ],
      "phoneNumbers": [],
      "displayName": "Helper Bot",
      "nickName": "Helper Bot",
      "userName": "helper@webex.bot",
      "avatar": "https://avatar-prod-us-east-2.webexcontent.com/Avtr~V1~fixture",
      "orgId": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFjMmQzZS00YjVhLTQ2OTctOGMxZC0yZTNmNDA1MTYyNzM",
      "created": "2026-10-01T08:00:00.000Z",
      "status": "unknown",
      "type": "bot"
    }
    """#

  static let person = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "emails": [
        "alice@example.com"
      ],
      "phoneNumbers": [],
      "displayName": "Alice Example",
      "nickName": "Alice",
      "firstName": "Alice",
      "lastName": "Example",
      "userName": "alice@example.com",
      "orgId": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFjMmQzZS00YjVhLTQ2OTctOGMxZC0yZTNmNDA1MTYyNzM",
      "created": "2025-02-02T10:00:00.000Z",
      "lastActivity": "2026-11-03T09:15:00.000Z",
      "status": "active",
      "type": "person"
    }
    """#

  static let roomDirect = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL1JPT00vMmI3YzllNGQtNTFhOC0zZjYwLThlMjctOWQ0YzZiMWEwZjM1",
      "title": "Alice Example",
      "type": "direct",
      "isLocked": false,
      "lastActivity": "2026-11-03T09:15:05.000Z",
      "creatorId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "created": "2026-10-01T08:00:00.000Z",
      "ownerId": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFjMmQzZS00YjVhLTQ2OTctOGMxZC0yZTNmNDA1MTYyNzM"
    }
    """#

  static let roomGroup = #"""
    {
      "id": "Y2lzY29zcGFyazovL3VzL1JPT00vOGQyZjNhMTAtN2M0MS0xMWYxLTliMDItM2Y1YTdlOWMxZDI0",
      "title": "Deploy desk",
      "type": "group",
      "isLocked": false,
      "lastActivity": "2026-11-03T09:15:00.000Z",
      "creatorId": "Y2lzY29zcGFyazovL3VzL1BFT1BMRS81ZjNlMmQxYy0wYjlhLTQ4ODctYjZhNS1jNGQzZTJmMTA5MTg",
      "created": "2026-10-01T08:00:00.000Z",
      "ownerId": "Y2lzY29zcGFyazovL3VzL09SR0FOSVpBVElPTi8wZjFjMmQzZS00YjVhLTQ2OTctOGMxZC0yZTNmNDA1MTYyNzM"
    }
    """#
}
