using ClemReg.Help;

// Makes the site: ClemReg.Help --docs FOLDER --commands FOLDER --menu plugins.config --examples FOLDER --readme FILE --version VERSION --out FOLDER
// Exit code 1 and a line for each fault (a link that leads nowhere, a picture that nothing shows, a menu path that is not in the menu) on stderr; then nothing is written.
var options = new Dictionary<string, string>();
for (int i = 0; i + 1 < args.Length; i += 2) options[args[i]] = args[i + 1];
string[] needed = ["--docs", "--commands", "--menu", "--examples", "--readme", "--version", "--out"];
if (args.Length != 2 * needed.Length || needed.Any(name => !options.ContainsKey(name)))
{
    Console.Error.WriteLine($"usage: ClemReg.Help {string.Join(" ", needed.Select(name => name + " ..."))}");
    return 2;
}
try
{
    var site = Site.Read(options["--docs"], options["--commands"], Menu.Read(options["--menu"]), options["--examples"], options["--readme"], options["--version"]);
    site.Resolve();
    IReadOnlyList<string> faults = site.Check();
    foreach (string fault in faults) Console.Error.WriteLine(fault);
    if (faults.Count > 0) return 1;
    site.Write(options["--out"]);
    return 0;
}
catch (IOException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
