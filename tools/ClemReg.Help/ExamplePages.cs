using System.Text;

namespace ClemReg.Help;

/// <summary>The page of examples: each script of the jar's examples folder, with what its first comment says.</summary>
internal static class ExamplePages
{
    private static readonly (string Extension, string Words)[] Languages = [(".ijm", "Macro"), (".groovy", "Groovy")];

    public static string Text(string folder, string introduction)
    {
        var text = new StringBuilder(introduction.TrimEnd()).Append('\n');
        string[] files = [.. Directory.GetFiles(folder).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];
        foreach (IGrouping<string, string> example in files.GroupBy(f => Path.GetFileNameWithoutExtension(f)))
        {
            text.Append("\n## ").Append(example.Key.Replace('_', ' ')).Append('\n');
            foreach ((string extension, string words) in Languages)
            {
                string file = example.Key + extension;
                if (!files.Contains(file)) continue;
                text.Append("\n**").Append(words).Append("**: `").Append(file).Append("`\n\n````\n").Append(File.ReadAllText(Path.Combine(folder, file)).TrimEnd()).Append("\n````\n");
            }
        }
        return text.ToString();
    }
}
