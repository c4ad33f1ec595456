import { type Rule, rule } from './rule.ts'

/** Drop what you were told, per language; the words between are few, as they are in all of them. */
const overrides: Readonly<Record<string, string>> = {
  de: '\\b(?:ignorier\\w*|vergiss|vergessen sie|missachte\\w*|beachte nicht|ubergehe|verwirf|setze dich uber)\\b[^.\\n]{0,50}?\\b(?:anweisung\\w*|instruktion\\w*|vorgaben|regeln|richtlinien|prompts?|befehle?|aufgaben?|alles (?:davor|bisherige|oben|was))',
  fr: '\\b(?:ignore[rz]?|oublie[rz]?|ne tiens? pas compte|ne tenez pas compte|fais abstraction|neglige[rz]?|ecarte[rz]?|desobei[st]\\w*)\\b[^.\\n]{0,50}?(?:instructions?|consignes?|directives?|regles|ordres|prompts?|tout ce qui precede)',
  es: '\\b(?:ignora|ignore[ns]?|ignorar|olvida|olvide[ns]?|olvidar|descarta|omite|no (?:sigas|hagas caso)|desobedece|pasa por alto)\\b[^.\\n]{0,50}?(?:instrucciones|indicaciones|ordenes|directrices|reglas|normas|prompts?|todo lo anterior)',
  it: '\\b(?:ignora(?:re|te)?|dimentica(?:re|te)?|trascura|non seguire|disobbedisci|tralascia|scarta)\\b[^.\\n]{0,50}?(?:istruzioni|indicazioni|direttive|regole|ordini|prompts?|tutto cio che precede|quanto sopra)',
  pt: '\\b(?:ignore|ignora|ignorar|esqueca|esquece|esquecer|desconsidere|desconsiderar|nao siga|descarte|desobedeca)\\b[^.\\n]{0,50}?(?:instruc\\w+|orientac\\w+|diretrizes|regras|ordens|comandos|prompts?|tudo (?:o que|acima))',
  nl: '\\b(?:negeer|vergeet|sla over|veronachtzaam|volg niet)\\b[^.\\n]{0,50}?(?:instructies?|opdrachten|aanwijzingen|regels|richtlijnen|prompts?|alles hierboven)',
  pl: '\\b(?:zignoruj|ignoruj|zapomnij|pomin|odrzuc|nie przestrzegaj)\\w*[^.\\n]{0,50}?(?:instrukcj\\w+|polece\\w+|wytyczn\\w+|zasad\\w*|regul\\w*|prompt\\w*|wszystko powyzej)',
  cs: '\\b(?:ignoruj\\w*|zapomen\\w*|nevsimej|prehlizej|nerid se)\\b[^.\\n]{0,50}?(?:pokyn\\w*|instrukc\\w+|pravid\\w+|prikaz\\w*|prompt\\w*)',
  sv: '\\b(?:ignorera|glom|bortse fran|strunta i|folj inte|hoppa over)\\b[^.\\n]{0,50}?(?:instruktion\\w*|anvisning\\w*|regler\\w*|riktlinjer\\w*|prompt\\w*|allt ovan)',
  da: '\\b(?:ignorer|glem|se bort fra|folg ikke)\\b[^.\\n]{0,50}?(?:instruktion\\w*|instruks\\w*|anvisning\\w*|regler\\w*|retningslinjer\\w*|prompt\\w*)',
  fi: '\\b(?:ohita|unohda|ala noudata|jata huomiotta|sivuuta)\\b[^.\\n]{0,50}?(?:ohjee\\w+|ohjei\\w+|saann\\w+|kehot\\w+|kask\\w+)',
  ro: '\\b(?:ignora|ignorati|uita|uitati|nu tine cont|nu urma)\\b[^.\\n]{0,50}?(?:instructiuni\\w*|indicatii\\w*|reguli\\w*|ordine\\w*|prompt\\w*)',
  hu: '\\b(?:hagyd figyelmen kivul|felejtsd el|ne kovesd)\\b[^.\\n]{0,50}?(?:utasitas\\w*|szabaly\\w*|prompt\\w*|iranyelv\\w*)',
  tr: '(?:talimat\\w*|yonerge\\w*|kurallar\\w*|komut\\w*|istem\\w*)[^.\\n]{0,40}?(?:yok ?say\\w*|gormezden gel\\w*|unut\\w*|dikkate alma\\w*|goz ardi et\\w*)',
  id: '\\b(?:abaikan|lupakan|jangan ikuti|hiraukan)\\b[^.\\n]{0,50}?(?:instruksi|perintah|aturan|arahan|prompt)',
  vi: '(?:bo qua|quen|phot lo|dung tuan theo)[^.\\n]{0,50}?(?:huong dan|chi dan|chi thi|quy tac|lenh|prompt)',
  ru: '(?:игнорируй|проигнорируй|забудь|не обращай внимания|отбрось|отмени|не следуй|пренебреги)[а-я]*[^.\\n]{0,50}?(?:инструкци|указани|правил|команд|промпт|директив|все, что|предыдущ)',
  uk: '(?:ігноруй|проігноруй|забудь|не зважай|відкинь|не дотримуйся)[а-яіїє]*[^.\\n]{0,50}?(?:інструкц|вказівк|правил|команд|промпт|настанов|попередн)',
  el: '(?:αγνοησε|αγνοηστε|ξεχασε|παραβλεψε|μην ακολουθ)[α-ω]*[^.\\n]{0,50}?(?:οδηγι|εντολ|κανον|προτροπ)',
  zh: '(?:忽略|无视|無視|忘记|忘記|忘掉|不要理会|不要理會|不要遵守|跳过|绕过|覆盖|抛开)[^。\\n]{0,20}?(?:指令|指示|说明|說明|规则|規則|提示|要求|内容|內容|命令|限制|设定|設定)',
  ja: '(?:指示|命令|プロンプト|ルール|規則|制約|設定|内容|説明)[^。\\n]{0,16}?(?:無視|忘れ|従わない|破棄|無効|上書き)|(?:無視|忘れ)[^。\\n]{0,10}?(?:指示|命令|プロンプト|ルール)',
  ko: '(?:지시|지침|명령|프롬프트|규칙|설정|내용|안내)[^.\\n]{0,16}?(?:무시|잊|따르지|무효|덮어)',
  ar: '(?:تجاهل|انس|انسى|اهمل|أهمل|لا تتبع|تخط)[^.\\n]{0,40}?(?:التعليمات|تعليمات|الاوامر|الأوامر|القواعد|التوجيهات|الإرشادات)',
  fa: '(?:دستور|دستورات|دستورالعمل|قوانین|فرمان)[^.\\n]{0,40}?(?:نادیده|فراموش)',
  he: '(?:התעלם|התעלמי|שכח|תתעלם|אל תציית)[^.\\n]{0,40}?(?:הוראות|ההוראות|הכללים|כללים|ההנחיות)',
  hi: '(?:निर्देश|आदेश|नियम|प्रॉम्प्ट)[^।\\n]{0,30}?(?:अनदेखा|नजरअंदाज|नज़रअंदाज़|भूल|उपेक्षा|पालन न)|(?:अनदेखा|भूल)[^।\\n]{0,20}?(?:निर्देश|आदेश)',
  th: '(?:เพิกเฉย|ละเว้น|ไม่ต้องสนใจ|ลืม|อย่าทำตาม)[^\\n]{0,30}?(?:คำสั่ง|คำแนะนำ|กฎ|พรอมต์)',
  bn: '(?:নির্দেশ|নির্দেশনা|নিয়ম)[^।\\n]{0,30}?(?:উপেক্ষা|ভুলে|অগ্রাহ্য)',
  sw: '\\b(?:puuza|sahau|usifuate)\\b[^.\\n]{0,40}?(?:maagizo|maelekezo|sheria|amri)',
}

/** Show what you were told, keep it from the owner, or be another, per language. */
const others: readonly (readonly ['prompt_leak' | 'conceal' | 'role' | 'act' | 'address', string])[] = [
  [
    'prompt_leak',
    '(?:zeig\\w*|gib|nenn\\w*|verrate?|wiederhol\\w*|drucke|ausgeben)\\b[^.\\n]{0,40}?(?:system-?prompt\\w*|system-?anweisung\\w*|deine (?:\\w+ )?(?:anweisungen|instruktionen|regeln))',
  ],
  [
    'prompt_leak',
    '(?:montre|affiche|revele|repete|donne|dis)\\b[^.\\n]{0,40}?(?:prompt systeme|instructions systeme|tes (?:\\w+ )?(?:instructions|consignes)|vos (?:\\w+ )?(?:instructions|consignes))',
  ],
  [
    'prompt_leak',
    '(?:muestra|revela|repite|dime|imprime|muestrame)\\b[^.\\n]{0,40}?(?:prompt del sistema|indicaciones del sistema|tus (?:\\w+ )?instrucciones|instrucciones (?:iniciales|del sistema))',
  ],
  [
    'prompt_leak',
    '(?:mostra(?:mi)?|rivela|ripeti|stampa|mostre|revele|repita|imprima)\\b[^.\\n]{0,40}?(?:prompt d[ie]l? sistema|prompt do sistema|le tue (?:\\w+ )?istruzioni|suas (?:\\w+ )?instruc)',
  ],
  [
    'prompt_leak',
    '(?:显示|顯示|告诉我|告訴我|输出|輸出|重复|透露|打印|列出)[^。\\n]{0,20}?(?:系统提示|系統提示|系统指令|你的指令|你的提示|初始指令|初始提示)',
  ],
  ['prompt_leak', '(?:システムプロンプト|初期指示|あなたの指示)[^。\\n]{0,16}?(?:表示|出力|教え|見せ|公開|繰り返)'],
  ['prompt_leak', '(?:시스템 프롬프트|초기 지시|당신의 지시)[^.\\n]{0,16}?(?:보여|출력|알려|공개|말해)'],
  [
    'prompt_leak',
    '(?:покажи|выведи|раскрой|повтори|напечатай|сообщи)[^.\\n]{0,40}?(?:системн\\w* (?:промпт|инструкц|подсказк)|свои инструкции|твои инструкции)',
  ],
  [
    'conceal',
    '\\b(?:sag|sage|verrate?|erzahl\\w*|informiere|melde|teile)\\b[^.\\n]{0,40}?\\b(?:nicht(?:s)?|kein\\w*)\\b[^.\\n]{0,30}?|\\b(?:ohne|nicht)\\b[^.\\n]{0,25}?\\b(?:benutzer|nutzer|besitzer|eigentumer|betreiber|anwender)\\w*[^.\\n]{0,30}?\\b(?:informier\\w*|fragen|sagen|mitteil\\w*|erwahn\\w*|benachrichtig\\w*)',
  ],
  [
    'conceal',
    '\\b(?:ne (?:le |la |les )?(?:dis|dites|mentionne|informe|previens|prevenez|parle)\\w* (?:pas|rien)|sans (?:en )?(?:informer|prevenir|demander|le dire))\\b[^.\\n]{0,40}?(?:utilisateur|proprietaire|operateur|personne|autorisation|confirmation)',
  ],
  [
    'conceal',
    '\\b(?:no (?:le |se lo )?(?:digas|informes|menciones|avises|cuentes)|sin (?:informar|avisar|preguntar|decir\\w*|pedir))\\b[^.\\n]{0,40}?(?:usuario|propietario|dueno|operador|nadie|permiso|confirmacion)',
  ],
  [
    'conceal',
    '\\b(?:non (?:dire|dirlo|informare|menzionare|avvisare)|senza (?:informare|avvisare|chiedere)|nao (?:diga|conte|informe|mencione|avise)|sem (?:informar|avisar|perguntar|pedir))\\b[^.\\n]{0,40}?(?:utente|proprietario|operatore|nessuno|usuario|proprietario|operador|ninguem|conferma|autorizac)',
  ],
  [
    'conceal',
    '(?:不要|别|別|切勿|无需|無需)(?:告诉|告訴|通知|提及|告知|让|讓|询问|詢問|征求)[^。\\n]{0,12}?(?:用户|用戶|使用者|主人|所有者|管理员|任何人|同意|确认)',
  ],
  [
    'conceal',
    '(?:ユーザー|利用者|所有者|管理者)[^。\\n]{0,10}?(?:知らせず|伝えず|言わない|報告しない|尋ねず|知らせない|伝えない)',
  ],
  ['conceal', '(?:사용자|소유자|관리자)[^.\\n]{0,12}?(?:알리지|말하지|묻지|알려주지)'],
  [
    'conceal',
    '(?:не (?:говори|сообщай|упоминай|спрашивай|рассказывай|показывай|уведомляй)|без (?:ведома|уведомления|подтверждения|согласия))[а-я]*[^.\\n]{0,40}?(?:пользовател|владельц|оператор|хозяин|никому|подтвержден)',
  ],
  ['conceal', '(?:لا تخبر|لا تذكر|دون إخبار|دون علم|بدون علم)[^.\\n]{0,30}?(?:المستخدم|المالك|المشغل)'],
  ['conceal', '(?:उपयोगकर्ता|मालिक)[^।\\n]{0,20}?(?:मत बता|न बता|बताए बिना|बिना बताए)'],
  [
    'role',
    '\\b(?:du bist (?:jetzt|nun|ab jetzt|ab sofort)|ab (?:jetzt|sofort) (?:bist|antwortest|wirst|befolgst)|tu es (?:maintenant|desormais)|vous etes (?:maintenant|desormais)|a partir de maintenant,? (?:tu|vous)|ahora eres|a partir de ahora,? (?:eres|actua|responde|tu)|ora sei|da ora in poi|agora voce e|a partir de agora,? voce|vanaf nu ben|je bent nu|jestes teraz|od teraz)\\b',
  ],
  [
    'role',
    '(?:теперь ты|ты теперь|отныне ты|с этого момента ты|你现在是|你現在是|从现在开始,?你|從現在開始|今から(?:あなたは|君は)|これから(?:あなたは|君は)|あなたは今から|지금부터 (?:당신은|너는)|이제부터|أنت الآن|من الآن فصاعدا|अब से (?:आप|तुम)|अब तुम|bundan sonra sen|artik sen)',
  ],
  [
    'act',
    '(?:(?:sende|schicke|ubermittle|leite|lade|fuhre|losche|starte|envoie|envoyez|transfere|execute|executez|supprime|envia|envie|manda|ejecuta|borra|elimina|invia|esegui|cancella|execute|apague|stuur|verwijder|voer|wyslij|usun|uruchom)\\b)[^.\\n]{0,80}?(?:passwort\\w*|kennwort\\w*|schlussel|zugangsdaten|dateien|geheimnis\\w*|mots? de passe|cles?|identifiants|fichiers|secrets?|contrasenas?|claves?|archivos|credenciales|password|chiavi|credenziali|senhas?|chaves?|arquivos|wachtwoord\\w*|bestanden|hasl\\w+|klucz\\w*|plik\\w*|rm -rf|command_run|shell_exec)[^\\n]{0,100}',
  ],
  [
    'act',
    '(?:отправь|перешли|выполни|удали|запусти|загрузи|скопируй)[^.\\n]{0,60}?(?:парол|ключ|секрет|файл|токен|данны|команд|rm -rf|http|истори)',
  ],
  [
    'act',
    '(?:发送|發送|上传|上傳|执行|執行|运行|删除|刪除|泄露|转发|轉發)[^。\\n]{0,30}?(?:密码|密碼|密钥|密鑰|令牌|文件|檔案|数据|資料|命令|rm -rf|http|历史|对话)',
  ],
  [
    'act',
    '(?:パスワード|鍵|トークン|秘密|ファイル|データ|履歴|コマンド)[^。\\n]{0,30}?(?:送信|送って|送れ|アップロード|実行|削除|転送)',
  ],
  ['act', '(?:비밀번호|키|토큰|파일|데이터|명령|대화)[^.\\n]{0,30}?(?:보내|전송|실행|삭제|업로드)'],
  [
    'act',
    '(?:أرسل|ارسل|نفذ|احذف|شغل|حمّل)[^.\\n]{0,50}?(?:كلمة|كلمات|المرور|مفتاح|الملفات|ملف|البيانات|الأمر|http|rm -rf)',
  ],
  [
    'address',
    "(?:hinweis|nachricht|anweisung|achtung|wichtig)\\w*[^.\\n]{0,20}?(?:ki-?(?:assistent\\w*|agent\\w*|modell\\w*|system\\w*)|sprachmodell\\w*|an die ki|fur die ki)|(?:note|message|attention|important|avis)[^.\\n]{0,20}?(?:assistants? ia|l'ia\\b|intelligence artificielle|modele de langage)|(?:nota|mensaje|atencion|aviso|messaggio|attenzione|mensagem|atencao)[^.\\n]{0,20}?(?:asistente (?:de )?ia|la ia\\b|modelo de lenguaje|assistente (?:de |di )?ia|modello linguistico|modelo de linguagem)",
  ],
  [
    'address',
    '(?:внимание|сообщение|инструкци\\w*|важно|заметка)[^.\\n]{0,20}?(?:ии-?(?:ассистент|агент|модел)|языков\\w+ модел|для ии|нейросет)|(?:注意|致|给|給|提示)[^。\\n]{0,6}?(?:ai|人工智能|人工智慧|助手|语言模型|語言模型|智能体)|(?:aiアシスタント|言語モデル|アシスタント)(?:への|へ|に対する)|(?:ai 어시스턴트|인공지능|언어 모델)(?:에게|는|은)',
  ],
]

/** “Do not forget” is no injection; it is said before instructions and keys of all kinds. */
const NEGATED = "(?<!\\b(?:nao|no|non|n'|ne|не|nie|aldrig|ikke|niet)\\s?)"

export const languageRules: readonly Rule[] = [
  ...Object.values(overrides).map((pattern) => rule('override', 0.65, `${NEGATED}(?:${pattern})`)),
  ...others.map(([reason, pattern]) => rule(reason, reason === 'act' || reason === 'role' ? 0.42 : 0.5, pattern)),
]
