namespace ClemReg.Algorithms.Tests;

/// <summary>Keeps what a job says; warnings begin with "warning: ".</summary>
internal sealed class Heard : IJobObserver
{
    public List<string> Lines { get; } = [];

    public void Progress(double fraction, string stage)
    {
    }

    public void Log(string message) => Lines.Add(message);

    public void Warn(string message) => Lines.Add("warning: " + message);
}
